// Where cases are run: something that gives an empty directory, and perhaps a loop. A space of
// yours becomes a place by a function that fills one in; see run.hpp.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "sluice/conformance/suite.hpp"

namespace sluice::conformance {

/// A folder of this machine that is removed with all that is in it.
class scratch_folder {
 public:
  /// Throws std::system_error.
  scratch_folder();
  ~scratch_folder();
  scratch_folder(const scratch_folder&) = delete;
  scratch_folder& operator=(const scratch_folder&) = delete;
  const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
};

/// One case's surroundings: made for it, and gone after it.
class place {
 public:
  report checks;
  dir root;                   // empty at the beginning
  kind_set lacks;             // what has to be refused with errc::not_supported
  std::string why_not;        // not empty: the place can't be had here, and why
  std::shared_ptr<void> keeps;  // what must outlive `root`
  bool one_thread = false;      // its loops can't be given to other threads
  std::optional<loop_options> options;  // of the loop; none: operations block
  /// A case that takes longer than this fails: something did not complete. It can't be taken down
  /// then, and stays in memory. Needs a loop: without one such a case hangs.
  time_point_ns patience = 120'000'000'000;

  place() = default;
  ~place();
  place(const place&) = delete;
  place& operator=(const place&) = delete;

  /// Makes the loop; sets why_not if the machine refuses it.
  void start_loop();
  bool has_loop() const noexcept { return loop_ != nullptr; }
  /// Only in a case that needs a loop.
  loop& home() noexcept { return *loop_; }
  /// Another of the same kind.
  std::unique_ptr<loop> another_loop() const { return std::make_unique<loop>(*options); }
  /// The same with another size of the ring.
  std::unique_ptr<loop> loop_with(unsigned ring_entries) const;

  bool supports(op_kind k) const noexcept { return !lacks.test(static_cast<std::size_t>(k)); }

  /// A handle of the system made one of the place's space.
  template <class Handle>
  Handle adopted(Handle of_system) {
    return Handle(adopt, root.in(), of_system.detach());
  }
  /// Of the place's space: by `pipes`, or of the system and adopted.
  result<pipe_ends> make_pipe();
  /// For spaces whose streams are not the system's. Not called where reads and writes are lacking.
  std::function<result<pipe_ends>(place&)> pipes;

  template <class T>
  T run(task<T> work) {
    return loop_ ? loop_->run(std::move(work)) : sluice::sync(std::move(work));
  }

 private:
  std::unique_ptr<loop> loop_;
};

struct place_maker {
  std::string name;
  /// Sets `root`, `options`, `lacks` and `keeps`.
  void (*make)(place&);
  /// What its system operations were carried out by is seen in the loop's statistics.
  bool counts_operations;
  /// Whether a case is for this place at all; null: all are.
  bool (*takes)(const test_case&) = nullptr;
};

/// Asks the place for one operation of this kind, with arguments that are good where possible.
task<error> probe(place& p, op_kind k);

}  // namespace sluice::conformance
