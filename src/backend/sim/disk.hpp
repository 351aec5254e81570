// The file system of a simulated machine: the memory space, and what of it a crash leaves.
#pragma once

#include <map>
#include <memory>

#include "backend/sim/image.hpp"
#include "sluice/space/memory.hpp"

namespace sluice::inline v0::sim {

class disk final : private memory::directory::listener {
 public:
  /// `ids`: what all ids of its handles have in common. Time is what `now` is.
  disk(handle_id ids, const time_point_ns& now);
  ~disk();

  bool has(op_kind kind) const noexcept { return space_->table().supports(kind); }
  /// Carries an operation out; its result is in place then, and its state as it was.
  void perform(operation& op);
  void close(handle_id id) noexcept {
    if (space_->nodes().close(id)) --open_;
  }
  handle_id open_root();
  std::uint64_t open_handles() const noexcept { return open_; }

  /// Forgets what a crash would have lost, and all handles.
  void crash(random& rng);

 private:
  void added(memory::directory& to, std::string_view name, memory::node& of) override;
  void removed(memory::directory& from, std::string_view name, memory::node& of) noexcept override;
  void replaced(memory::directory& in, std::string_view name, memory::node& before,
                memory::node& after) noexcept override;
  std::unique_ptr<memory_space> make_space();
  void learn_directories(memory::node& n);
  void note(const operation& op);

  handle_id ids_;
  const time_point_ns& now_;
  unsigned boots_ = 0;
  std::uint64_t open_ = 0;
  std::map<const memory::directory*, inode_number> directories_;
  change heard_;
  std::unique_ptr<memory_space> space_;
  std::unique_ptr<image> image_;
};

/// The date at a time on a simulated clock.
timestamp date_at(time_point_ns now) noexcept;

}  // namespace sluice::inline v0::sim
