// What a disk has for certain, beside what its users see: see world::crash for the rules.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "sluice/sim/random.hpp"
#include "space/memory/store.hpp"

namespace sluice::inline v0::sim {

using inode_number = std::uint64_t;

/// A name in a directory, and what it leads to before and after a change; 0 is nothing.
struct name_change {
  inode_number dir;
  std::string name;
  inode_number before, after;
};

/// Made by one operation: kept or lost as a whole.
using change = std::vector<name_change>;

class image {
 public:
  /// Everything that `nodes` has is on the disk.
  explicit image(memory::store& nodes);

  /// Names came or went. Those of nodes that are new are `made` before.
  void made(const memory::node& n);
  void changed(change c);
  /// A file or directory was synced.
  void synced(const memory::node& n);

  /// After a crash: puts into `fresh`, which is empty, what is left of `volatile_state`.
  void rebuild(memory::store& volatile_state, memory::store& fresh, random& rng);

 private:
  struct inode {
    memory::node kept;  // its names and holders mean nothing
    std::map<std::string, inode_number> names;
  };

  /// Some changes, and what they are about.
  class bundle {
   public:
    void add(const change& c, const image& of);
    /// Whether `c`, which is later, can't be without something in here.
    bool needed_by(const change& later, const image& of) const;
    /// Whether something in here can't be without `c`, which is earlier.
    bool needs(const change& earlier, const image& of) const;

   private:
    bool meets(const change& c, const image& of) const;

    std::set<std::pair<inode_number, std::string>> names_;
    std::set<inode_number> inodes_;
    std::set<inode_number> dirs_;
    bool moves_directories_ = false;
  };

  void copy_tree(memory::node& n);
  void apply(const change& c);
  bool moves_directory(const change& c) const;
  bool is_directory(inode_number n) const;
  void decide(random& rng);
  void make_tree(const std::map<inode_number, memory::node*>& latest, memory::store& fresh,
                 random& rng);

  std::map<inode_number, inode> inodes_;
  std::vector<change> log_;  // not on the disk for certain, in the order of their making
};

}  // namespace sluice::inline v0::sim
