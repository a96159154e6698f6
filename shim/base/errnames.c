/* SPDX-License-Identifier: MIT */
#include "base/errnames.h"
#include <errno.h>
#include <string.h>

/* What open(2), openat2(2) and path_resolution(7) can end with, and what file systems say of
 * themselves, of their disk or server. */
static const struct {
    int error;
    char name[16], text[40];
} errors[] = {
    {EPERM, "EPERM", "Operation not permitted"},
    {ENOENT, "ENOENT", "No such file or directory"},
    {EINTR, "EINTR", "Interrupted system call"},
    {EIO, "EIO", "Input/output error"},
    {ENXIO, "ENXIO", "No such device or address"},
    {E2BIG, "E2BIG", "Argument list too long"},
    {EBADF, "EBADF", "Bad file descriptor"},
    {EAGAIN, "EAGAIN", "Resource temporarily unavailable"},
    {ENOMEM, "ENOMEM", "Cannot allocate memory"},
    {EACCES, "EACCES", "Permission denied"},
    {EFAULT, "EFAULT", "Bad address"},
    {EBUSY, "EBUSY", "Device or resource busy"},
    {EEXIST, "EEXIST", "File exists"},
    {EXDEV, "EXDEV", "Invalid cross-device link"},
    {ENODEV, "ENODEV", "No such device"},
    {ENOTDIR, "ENOTDIR", "Not a directory"},
    {EISDIR, "EISDIR", "Is a directory"},
    {EINVAL, "EINVAL", "Invalid argument"},
    {ENFILE, "ENFILE", "Too many open files in system"},
    {EMFILE, "EMFILE", "Too many open files"},
    {ETXTBSY, "ETXTBSY", "Text file busy"},
    {EFBIG, "EFBIG", "File too large"},
    {ENOSPC, "ENOSPC", "No space left on device"},
    {EROFS, "EROFS", "Read-only file system"},
    {ERANGE, "ERANGE", "Numerical result out of range"},
    {ENAMETOOLONG, "ENAMETOOLONG", "File name too long"},
    {ENOLCK, "ENOLCK", "No locks available"},
    {ENOSYS, "ENOSYS", "Function not implemented"},
    {ELOOP, "ELOOP", "Too many levels of symbolic links"},
    {ENODATA, "ENODATA", "No data available"},
    {ENOLINK, "ENOLINK", "Link has been severed"},
    {EPROTO, "EPROTO", "Protocol error"},
    {EBADMSG, "EBADMSG", "Bad message"},
    {EOVERFLOW, "EOVERFLOW", "Value too large for defined data type"},
    {EOPNOTSUPP, "EOPNOTSUPP", "Operation not supported"},
    {ENETUNREACH, "ENETUNREACH", "Network is unreachable"},
    {ECONNRESET, "ECONNRESET", "Connection reset by peer"},
    {ECONNREFUSED, "ECONNREFUSED", "Connection refused"},
    {EHOSTUNREACH, "EHOSTUNREACH", "No route to host"},
    {ETIMEDOUT, "ETIMEDOUT", "Connection timed out"},
    {EHOSTDOWN, "EHOSTDOWN", "Host is down"},
    {ENOTCONN, "ENOTCONN", "Transport endpoint is not connected"},
    {ESTALE, "ESTALE", "Stale file handle"},
    {EUCLEAN, "EUCLEAN", "Structure needs cleaning"},
    {ENOMEDIUM, "ENOMEDIUM", "No medium found"},
    {EREMOTEIO, "EREMOTEIO", "Remote I/O error"},
    {EDQUOT, "EDQUOT", "Disk quota exceeded"},
    {EKEYEXPIRED, "EKEYEXPIRED", "Key has expired"},
    {EKEYREVOKED, "EKEYREVOKED", "Key has been revoked"},
    {EKEYREJECTED, "EKEYREJECTED", "Key was rejected by service"},
    {ENOKEY, "ENOKEY", "Required key not available"},
};

const char *errno_name(int error) {
    for (unsigned i = 0; i < sizeof errors / sizeof *errors; i++)
        if (errors[i].error == error)
            return errors[i].name;
    return "E?";
}

const char *errno_text(int error) {
    for (unsigned i = 0; i < sizeof errors / sizeof *errors; i++)
        if (errors[i].error == error)
            return errors[i].text;
    return "";
}

int errno_number(const char *name, unsigned long length) {
    for (unsigned i = 0; i < sizeof errors / sizeof *errors; i++)
        if (strlen(errors[i].name) == length && memcmp(errors[i].name, name, length) == 0)
            return errors[i].error;
    return 0;
}
