// The directories that operands' targets lie in.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "fs/copy/identity.hpp"
#include "fs/copy/unreachable.hpp"
#include "sluice/fs/places.hpp"

namespace sluice::inline v0::copying {

/// Each is looked up once: whatever its name comes to mean, later operands' targets are made in the
/// same one. Only places are kept, for nothing is to be read there. Operands come one by one.
class target_dirs {
 public:
  explicit target_dirs(const dir& base) noexcept : base_(base) {}

  /// By its path from the base, and through links, as that was asked for.
  place& at(const std::string& path) { return known_.try_emplace(path, base_, path, how).first->second; }
  /// `path` ends in `name`, which lies in `above`.
  place& below(place& above, const std::string& path, std::string name) {
    return known_.try_emplace(path, above, std::move(name), how).first->second;
  }

  /// What `name` in `above` was found to be, or became. Thread-safe.
  void note(const place& above, const std::string& name, const place& is);
  /// The same name, which may have been spelled in another way, shall still mean that directory.
  void recognise(const place& above, const std::string& name, place& is);

 private:
  static constexpr open_mode how = open_mode::location;
  const dir& base_;
  std::map<std::string, place> known_;
  std::mutex noting_;
  std::map<std::pair<identity, std::string>, identity> noted_;  // by the directory above and the name
};

/// Opens a target's directory, and makes sure that nothing else passes for it later.
task<result<dir*>> pin_for_good(open_places& places, place& p);

struct context;

/// A name in a directory that stays open until it is let go.
struct held_name {
  place* above = nullptr;  // the directory; null: the one that targets' paths are relative to
  std::string name;        // there
  const dir* in = nullptr;
  bool pinned = false;
  std::unique_ptr<unreachable_dir> unreachable;  // `in`, where it can't be had

  held_name() noexcept {}
};

/// Opens what `above` is. `again`: somebody may come back to it after it was let go.
task<void> hold(context& c, held_name& h, bool again);
void let_go(context& c, held_name& h) noexcept;

}  // namespace sluice::inline v0::copying
