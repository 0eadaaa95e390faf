"""Distinguished names: who a certificate is for, as X.500 spells it."""

from __future__ import annotations

import re
from typing import Any

__all__ = ["DN", "DistinguishedName"]

_FIELDS = {
    "CN": "commonName",
    "commonName": "commonName",
    "O": "organizationName",
    "organizationName": "organizationName",
    "OU": "organizationalUnitName",
    "organizationalUnitName": "organizationalUnitName",
    "L": "localityName",
    "localityName": "localityName",
    "ST": "stateOrProvinceName",
    "stateOrProvinceName": "stateOrProvinceName",
    "C": "countryName",
    "countryName": "countryName",
    "emailAddress": "emailAddress",
}
_LABEL_WIDTH = 26


class DistinguishedName(dict[str, bytes]):
    """A distinguished name: a dictionary whose entries are attributes too, under their long or short names.

    Args:
        **kw: The parts, such as ``commonName="example.org"`` or ``CN="example.org"``.

    Raises:
        AttributeError: If a part is none of commonName (CN), organizationName (O), organizationalUnitName
            (OU), localityName (L), stateOrProvinceName (ST), countryName (C), emailAddress.
    """

    __slots__ = ()

    def __init__(self, **kw: str | bytes) -> None:
        super().__init__()
        for name, value in kw.items():
            setattr(self, name, value)

    def __getattr__(self, attr: str) -> bytes:
        try:
            return self[_FIELDS[attr]]
        except KeyError:
            raise AttributeError(attr) from None

    def __setattr__(self, attr: str, value: str | bytes) -> None:
        if attr not in _FIELDS:
            raise AttributeError(f"{attr} is not a valid OpenSSL X509 name field")
        self[_FIELDS[attr]] = value if isinstance(value, bytes) else value.encode("utf-8")

    def __repr__(self) -> str:
        return f"<DN {dict.__repr__(self)[1:-1]}>"

    __str__ = __repr__

    def inspect(self) -> str:
        """Give the name in several lines, for people."""
        labels = {
            re.sub("([A-Z])", r" \1", name).capitalize().title(): self[name]
            for name in dict.fromkeys(_FIELDS.values())
            if name in self
        }
        return "\n".join(
            f"{label:>{_LABEL_WIDTH}}: {labels[label].decode('utf-8', 'replace')}" for label in sorted(labels)
        )

    @classmethod
    def from_x509_name(cls, name: Any) -> DistinguishedName:
        """Make one of a `cryptography.x509.Name`; parts of other kinds are left out."""
        made = cls()
        for part in name:
            if part.oid._name in _FIELDS:
                setattr(made, part.oid._name, part.value)
        return made

    def to_x509_name(self) -> Any:
        """Make a `cryptography.x509.Name`."""
        from cryptography import x509
        from cryptography.x509.oid import NameOID

        oids = {
            "commonName": NameOID.COMMON_NAME,
            "organizationName": NameOID.ORGANIZATION_NAME,
            "organizationalUnitName": NameOID.ORGANIZATIONAL_UNIT_NAME,
            "localityName": NameOID.LOCALITY_NAME,
            "stateOrProvinceName": NameOID.STATE_OR_PROVINCE_NAME,
            "countryName": NameOID.COUNTRY_NAME,
            "emailAddress": NameOID.EMAIL_ADDRESS,
        }
        return x509.Name(
            [x509.NameAttribute(oids[field], value.decode("utf-8")) for field, value in self.items()]
        )


DN = DistinguishedName
