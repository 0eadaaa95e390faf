"""Internet addresses as the system has them, for what is compiled."""


cdef extern from *:
    """
    #include <arpa/inet.h>
    #include <netinet/in.h>
    #include <sys/socket.h>

    typedef union {
        sa_family_t family;
        struct sockaddr any;
        struct sockaddr_in four;
        struct sockaddr_in6 six;
    } sennit_address;
    """
    ctypedef unsigned int socklen_t
    struct sockaddr:
        pass
    struct in_addr:
        unsigned int s_addr
    struct in6_addr:
        unsigned char s6_addr[16]
    struct sockaddr_in:
        unsigned short sin_port
        in_addr sin_addr
    struct sockaddr_in6:
        unsigned short sin6_port
        unsigned int sin6_flowinfo
        in6_addr sin6_addr
        unsigned int sin6_scope_id
    ctypedef union sennit_address:
        unsigned short family
        sockaddr any
        sockaddr_in four
        sockaddr_in6 six
    enum:
        AF_INET, AF_INET6, INET6_ADDRSTRLEN
    const char *inet_ntop(int family, const void *source, char *text, socklen_t size) nogil
    unsigned short htons(unsigned short number) nogil
    unsigned short ntohs(unsigned short number) nogil
    unsigned int ntohl(unsigned int number) nogil


cdef inline str host_text(const sennit_address *address):
    """Give the host of an address of either family, as the module `socket` writes it."""
    cdef char text[INET6_ADDRSTRLEN]
    if address.family == AF_INET:
        inet_ntop(AF_INET, &address.four.sin_addr, text, sizeof(text))
    else:
        inet_ntop(AF_INET6, &address.six.sin6_addr, text, sizeof(text))
    return text.decode("ascii")


cdef inline int port_of(const sennit_address *address) noexcept:
    """Give the port of an address of either family, which have it in the same place."""
    return ntohs(address.four.sin_port)
