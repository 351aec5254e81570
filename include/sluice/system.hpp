// This machine: its files, streams, processes and time.
#pragma once

#include <initializer_list>

#include "sluice/core/error.hpp"
#include "sluice/fs/dir.hpp"
#include "sluice/io/process.hpp"
#include "sluice/io/stream.hpp"

namespace sluice::inline v0 {

/// errno's numbers.
extern const error_domain system_domain;

/// The space that stands for the operating system. Its operations are carried out by the backend
/// of the loop that asks, or, for sluice::sync, as blocking calls.
class system_space final : public space {
 public:
  explicit constexpr system_space(const space_table& rows) noexcept : space(rows) {}

  /// The process's working directory, whatever it is when it is used. Closing it does nothing.
  [[nodiscard]] dir current_dir() noexcept;

  /// The standard streams. Closing these handles leaves the descriptors open.
  [[nodiscard]] stream standard_input() noexcept;
  [[nodiscard]] stream standard_output() noexcept;
  [[nodiscard]] stream standard_error() noexcept;

  /// Both ends are close-on-exec. At once; errc::too_many_files without a descriptor.
  [[nodiscard]] result<pipe_ends> make_pipe() noexcept;

  /// Listens for these signals, which the caller has blocked (see block_signals). At once.
  [[nodiscard]] result<signal_stream> signals(std::initializer_list<int> numbers) noexcept;
  /// A child of this process that nobody has waited for; errc::not_found if there is none. At once.
  [[nodiscard]] result<child> watch_child(int process_id) noexcept;

  /// A duration in nanoseconds; 0 or less is over at once. Never ends early, unless it is cancelled:
  /// on a loop at any time, with sluice::sync, where the thread sleeps, not at all.
  [[nodiscard]] auto sleep(time_point_ns duration) noexcept {
    return call<ops::sleep>(*this, duration);
  }

  /// Does nothing, the way that reads are done: for measuring.
  [[nodiscard]] auto nop() noexcept { return call<ops::nop>(*this, 0); }

  /// Makes a handle for a descriptor that the handle then owns. The kind of handle is yours to
  /// know: `adopt_descriptor<file>(fd)`. Two system calls look at what it is. Any thread.
  template <class Handle>
  [[nodiscard]] Handle adopt_descriptor(int descriptor) noexcept {
    return Handle(adopt, *this, id_of(descriptor));
  }
  /// The descriptor behind a handle of this space; it stays the handle's.
  [[nodiscard]] static int descriptor(const handle& h) noexcept {
    return static_cast<int>(static_cast<std::uint32_t>(h.id()));
  }

 private:
  static handle_id id_of(int descriptor) noexcept;
};

namespace detail {
extern system_space the_system;
}

/// The one system space of this process; it may be used before and after main.
inline system_space& system() noexcept { return detail::the_system; }

/// Blocks signals in the calling thread and in the threads it starts from then on.
result<void> block_signals(std::initializer_list<int> numbers) noexcept;

}  // namespace sluice::inline v0
