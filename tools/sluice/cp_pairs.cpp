// Options of cp that don't go together.
#include "cp_pairs.hpp"

#include "pairs.hpp"

namespace sluice::tool {

namespace {

using named = named_option<cp_given>;

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
constexpr named fsync{"--fsync", &cp_given::fsync};

constexpr option_pair<cp_given> pairs[] = {
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
    // There is nothing that could outlast a crash.
    {fsync, dry_run},
    // A program reads the answers, and nobody the questions.
    {json, interactive},
};

}  // namespace

std::string wrong_pair(const cp_given& g) { return wrong_pair<cp_given>(pairs, g); }

std::string pairs_for_help() { return table_of<cp_given>(pairs); }

}  // namespace sluice::tool
