#include "sluice/core/error.hpp"

#include <cerrno>
#include <cstring>

#include "core/system_error.hpp"
#include "sluice/system.hpp"

namespace sluice::inline v0 {

namespace {

errc portable_errno(std::int32_t code) noexcept {
  switch (code) {
    case ECANCELED: return errc::canceled;
    case ETIMEDOUT: case ETIME: return errc::timed_out;
    case ENOSYS: case EOPNOTSUPP: return errc::not_supported;
    case EDEADLK: return errc::would_deadlock;
    case ENOENT: case ENXIO: case ESRCH: return errc::not_found;
    case EEXIST: return errc::exists;
    case EPERM: case EACCES: return errc::permission_denied;
    case EISDIR: return errc::is_directory;
    case ENOTDIR: return errc::not_directory;
    case ENOTEMPTY: return errc::not_empty;
    case EINVAL: return errc::invalid;
    case ENOSPC: case EDQUOT: return errc::no_space;
    case EMFILE: case ENFILE: return errc::too_many_files;
    case ENOMEM: case ENOBUFS: return errc::out_of_memory;
    case ENAMETOOLONG: return errc::name_too_long;
    case ELOOP: case EMLINK: return errc::too_many_links;
    case EXDEV: return errc::cross_device;
    case EROFS: return errc::read_only;
    case EBUSY: case ETXTBSY: return errc::busy;
    case EAGAIN: return errc::again;
    case EPIPE: return errc::broken_pipe;
    case ECONNREFUSED: return errc::connection_refused;
    case ECONNRESET: case ECONNABORTED: return errc::connection_reset;
    case ENOTCONN: return errc::not_connected;
    case EADDRINUSE: return errc::address_in_use;
    case EADDRNOTAVAIL: return errc::no_such_address;
    case EHOSTUNREACH: case ENETUNREACH: case EHOSTDOWN: case ENETDOWN: return errc::unreachable;
    case EAFNOSUPPORT: case EPROTONOSUPPORT: return errc::not_supported;
    case EMSGSIZE: return errc::too_large;
    case EINTR: return errc::interrupted;
    case EIO: return errc::io;
    case EBADF: return errc::bad_handle;
    case EFBIG: case EOVERFLOW: return errc::too_large;
    case ENODATA: return errc::no_attribute;
    case ERANGE: return errc::too_small;
    default: return errc::other;
  }
}

void copy_text(const char* from, char* text, std::size_t size) noexcept {
  if (size == 0) return;
  const std::size_t n = std::strlen(from) < size - 1 ? std::strlen(from) : size - 1;
  std::memcpy(text, from, n);
  text[n] = '\0';
}

void errno_message(std::int32_t code, char* text, std::size_t size) noexcept {
  const char* known = ::strerrordesc_np(code);
  copy_text(known != nullptr ? known : "Unknown error", text, size);
}

void core_message(std::int32_t code, char* text, std::size_t size) noexcept {
  static constexpr const char* texts[] = {
      "Success",
      "Operation canceled",
      "Deadline passed",
      "Operation not supported",
      "Waiting here would wait forever",
      "Operation abandoned",
      "Unexpected end of file",
      "No such file or directory",
      "File exists",
      "Permission denied",
      "Is a directory",
      "Not a directory",
      "Directory not empty",
      "Invalid argument",
      "No space left on device",
      "Too many open files",
      "Cannot allocate memory",
      "File name too long",
      "Too many links",
      "Invalid cross-device link",
      "Read-only file system",
      "Device or resource busy",
      "Resource temporarily unavailable",
      "Broken pipe",
      "Interrupted",
      "Input/output error",
      "Bad file descriptor",
      "File too large",
      "No such attribute",
      "Connection refused",
      "Connection reset by peer",
      "Not connected",
      "Address already in use",
      "Cannot assign requested address",
      "No route to host",
      "Buffer too small",
      "Unknown error",
  };
  static_assert(std::size(texts) == static_cast<std::size_t>(errc::other) + 1);
  copy_text(texts[static_cast<std::size_t>(code)], text, size);
}

}  // namespace

constexpr error_domain core_domain{
    "sluice", [](std::int32_t code) noexcept { return static_cast<errc>(code); }, core_message};

constexpr error_domain system_domain{"errno", portable_errno, errno_message};

error system_error(std::int64_t negated_errno) noexcept {
  // What we asked the kernel to cancel is a cancellation, whatever the system calls it.
  if (negated_errno == -ECANCELED) return errc::canceled;
  return {static_cast<std::int32_t>(-negated_errno), system_domain};
}

}  // namespace sluice::inline v0
