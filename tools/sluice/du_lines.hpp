// The lines of du: in post-order, each subtree in one piece, whatever order the tree is walked in.
#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <string>

#include "report.hpp"
#include "sluice/fs/tree_size.hpp"

namespace sluice::tool {

/// Text in pieces that is handed on as a whole without copying, unless it is small.
class rope {
 public:
  void add(std::string_view text);
  void take_all(rope& other);
  void write_to(output& out);

 private:
  std::list<std::string> pieces_;
};

/// A directory, and the lines of what is below it that cannot be written yet.
class du_dir final : public sized_dir {
 public:
  using sized_dir::sized_dir;

 private:
  friend class du_lines;
  du_dir* parent_dir() const noexcept { return static_cast<du_dir*>(above()); }

  rope held_;
  bool begun_ = false;
  bool live_ = false;                // its lines are written, not held
  du_dir* live_child_ = nullptr;     // until this one ends, its own are held again
  du_dir* first_child_ = nullptr;    // of those that have begun and not ended
  du_dir* previous_ = nullptr;       // among its parent's
  du_dir* following_ = nullptr;
};

/// At any time one chain of directories, from the operand down, is live: its last one's lines are
/// written at once. The others hold theirs and hand them up when they end, and when the live
/// directory ends a sibling becomes live. One operand at a time. Thread-safe.
class du_lines {
 public:
  explicit du_lines(output& out) noexcept : out_(out) {}

  void begin(du_dir& d);
  /// Whole lines about what is directly in the directory.
  void add(du_dir& d, std::string_view lines);
  /// The directory's own line.
  void end(du_dir& d, std::string_view line);
  /// A line that belongs to no directory.
  void add(std::string_view line);

 private:
  void join(du_dir& d);
  void make_live(du_dir& d);
  void append(du_dir& d, std::string_view text);
  static void link(du_dir& parent, du_dir& d) noexcept;
  static void unlink(du_dir& parent, du_dir& d) noexcept;

  std::mutex mutex_;
  output& out_;
};

}  // namespace sluice::tool
