"""The extensions of the protocol, one small file each, loaded by `sennit.smtp.extension.load_extension`."""
