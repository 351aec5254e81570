// What a journal says, and how that is written: see docs/guide/09-trees.md.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sluice/fs/types.hpp"

namespace sluice::inline v0::copying {

/// What tells whether a source is what it was.
struct source_mark {
  std::uint64_t device = 0, inode = 0, size = 0;
  timestamp modified, changed;
  friend bool operator==(const source_mark&, const source_mark&) noexcept = default;
};

/// The same of a target, whose file system may be mounted again and whose links may be counted.
struct target_mark {
  std::uint64_t inode = 0, size = 0;
  timestamp modified;
  friend bool operator==(const target_mark&, const target_mark&) noexcept = default;
};

source_mark source_mark_of(const file_status& s) noexcept;
target_mark target_mark_of(const file_status& s) noexcept;

/// A mark as one number, since a journal may tell of millions: two that differ have the same one by a
/// chance of one in 2^64, and then the other side has to be unchanged for that to matter.
std::uint64_t digest_of(const source_mark& m) noexcept;
std::uint64_t digest_of(const target_mark& m) noexcept;

/// Lines, each with its checksum and its end.
std::string journal_header(std::uint64_t token);
std::string boot_line(std::string_view boot);
/// A file is whole under its name; `synced`: its bytes are durable.
std::string file_line(std::string_view path, const source_mark& from, const target_mark& to,
                      bool synced);
/// A directory was made by this copy.
std::string made_line(std::string_view path);
/// The names in a directory are durable, and so are the synced files among those told before.
std::string synced_line(std::string_view path);

/// A journal as it was found. Whatever is torn, changed or unknown counts as if it was not there.
class journal_book {
 public:
  /// `boot` is the present one's.
  explicit journal_book(std::string_view boot) : boot_(boot) {}
  /// What is added by and by, piece by piece.
  journal_book(std::string_view text, std::string_view boot) : journal_book(boot) { add(text); }
  /// Another piece of its text, behind those before.
  void add(std::string_view some);

  /// Empty: this is no journal.
  std::optional<std::uint64_t> token() const noexcept { return token_; }
  /// So begins a journal whose making was interrupted: not far, or with what a crash leaves of what was
  /// never written.
  static bool is_beginning(std::string_view text);

  struct entry {
    std::uint64_t from = 0, to = 0;  // digests
    bool synced = false;   // its bytes
    bool durable = false;  // and its name
    bool this_boot = false;
  };
  /// What is known to be done under this name; with `synced`, so that it outlasts a crash once its
  /// directory is synced. Null: nothing. It may be another name's, by a rare chance, with other digests.
  const entry* done(const std::string& path, bool synced) const;
  bool made(const std::string& path) const { return made_.contains(path); }
  /// The digests of all that was made, under whatever name, in order.
  std::vector<std::uint64_t> targets() const;
  std::size_t size() const noexcept { return files_.size(); }

 private:
  void read_header();
  void read(std::string_view line);
  void begin_run(const std::string& in);
  bool read_file(std::string_view rest, bool synced);
  void settle(const std::string& directory);

  std::string boot_;
  std::string rest_;       // of the text, whose end is yet to come
  bool is_none_ = false;   // whatever comes
  std::optional<std::uint64_t> token_;
  std::string last_boot_;
  bool this_boot_ = false;
  std::unordered_map<std::uint64_t, entry> files_;               // by their paths' checksums
  std::map<std::string, std::vector<std::uint64_t>> unsettled_;  // of each directory
  std::set<std::string> made_;
};

}  // namespace sluice::inline v0::copying
