// Options of cp that don't go together.
#include "cp_pairs.hpp"

namespace sluice::tool {

namespace {

struct named {
  const char* name;
  bool cp_given::*on;
};

constexpr named link{"--link", &cp_given::link};
constexpr named symbolic_link{"--symbolic-link", &cp_given::symbolic_link};
constexpr named attributes_only{"--attributes-only", &cp_given::attributes_only};
constexpr named backup{"--backup", &cp_given::backup};
constexpr named remove_destination{"--remove-destination", &cp_given::remove_destination};
constexpr named interactive{"--interactive", &cp_given::interactive};
constexpr named no_clobber{"--no-clobber", &cp_given::no_clobber};
constexpr named update{"--update", &cp_given::update};
constexpr named reflink_always{"--reflink=always", &cp_given::reflink_always};
constexpr named sparse_always{"--sparse=always", &cp_given::sparse_always};
constexpr named sparse_never{"--sparse=never", &cp_given::sparse_never};
constexpr named atomic{"--atomic", &cp_given::atomic};
constexpr named resume{"--resume", &cp_given::resume};
constexpr named verify{"--verify", &cp_given::verify};
constexpr named json{"--json", &cp_given::json};
constexpr named dry_run{"--dry-run", &cp_given::dry_run};

struct pair {
  named one, other;
  const char* words = nullptr;  // where GNU cp has some of its own
};

// Those with the same first option stand together.
constexpr pair pairs[] = {
    {link, symbolic_link, "cannot make both hard and symbolic links"},
    {backup, no_clobber},
    {reflink_always, sparse_always, "--reflink can be used only with --sparse=auto"},
    {reflink_always, sparse_never, "--reflink can be used only with --sparse=auto"},
    // There are no new contents that could take the place of old ones at once,
    {atomic, link},
    {atomic, symbolic_link},
    {atomic, attributes_only},
    // and these take the old ones away before the new ones are there.
    {atomic, backup},
    {atomic, remove_destination},
    // There is nothing that could have been interrupted half-way,
    {resume, link},
    {resume, symbolic_link},
    {resume, attributes_only},
    // what was interrupted half-way would pass for an older copy to be kept,
    {resume, backup},
    {resume, interactive},
    {resume, no_clobber},
    {resume, update},
    // and the journal would be written.
    {resume, dry_run},
    // No bytes are copied that could be compared.
    {verify, link},
    {verify, symbolic_link},
    {verify, attributes_only},
    {verify, dry_run},
    // A program reads the answers, and nobody the questions.
    {json, interactive},
};

}  // namespace

std::string wrong_pair(const cp_given& g) {
  for (const pair& p : pairs) {
    if (!(g.*p.one.on) || !(g.*p.other.on)) continue;
    if (p.words != nullptr) return p.words;
    return std::string("options ") + p.one.name + " and " + p.other.name +
           " are mutually exclusive";
  }
  return {};
}

std::string pairs_for_help() {
  constexpr std::size_t column = 20, columns = 79;
  std::string text;
  std::size_t begin = 0;  // of the line
  const char* first = nullptr;
  for (const pair& p : pairs) {
    const std::string other = p.other.name;
    if (p.one.name != first) {
      if (first != nullptr) text += '\n';
      begin = text.size();
      first = p.one.name;
      text += std::string("  ") + first;
      text.append(column - (text.size() - begin), ' ');
    } else if (text.size() - begin + 2 + other.size() > columns) {
      text += ",\n";
      begin = text.size();
      text.append(column, ' ');
    } else {
      text += ", ";
    }
    text += other;
  }
  return text + '\n';
}

}  // namespace sluice::tool
