// Which name each of cp's operands gets.
#include <cerrno>
#include <cstring>
#include <set>

#include "cp_options.hpp"
#include "cp_resume.hpp"
#include "report.hpp"
#include "sluice/sync.hpp"
#include "sluice/system.hpp"

namespace sluice::tool {

namespace {

std::string strip_slashes(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

std::string with_slash(std::string path) {
  if (!path.empty() && path.back() != '/') path += '/';
  return path;
}

std::string name_in(const std::string& directory, const std::string& source) {
  const std::string whole = strip_slashes(source);
  const std::size_t slash = whole.rfind('/');
  const std::string last = whole.substr(slash == std::string::npos ? 0 : slash + 1);
  // What has no name of its own becomes the directory itself.
  const bool nameless = last.empty() || last == "..";
  return with_slash(directory) + (nameless ? "." : last);
}

copy_operand operand_in(const std::string& directory, const std::string& source, bool parents) {
  if (!parents) return {source, name_in(directory, source)};
  const std::string path = strip_slashes(source);
  if (path == "/") return {source, name_in(directory, source)};
  const std::string above = path.starts_with('/') ? strip_slashes(directory) : with_slash(directory);
  return {source, above + path, above.size()};
}

bool is_directory(const std::string& path, error& why_not) {
  result<file_status> s = std::unexpected(error(errc::not_found));
  const auto here = system().current_dir();
  if (!path.empty()) s = sync(here.stat(path, stat_mask::type, lookup::follow));
  if (s && s->type == file_type::directory) return true;
  why_not = s ? error(errc::not_directory) : s.error();
  return false;
}

/// The system's own words, also for what the library found.
std::string words_of(const error& why) {
  return why == errc::not_directory ? reason(ENOTDIR) : reason(why);
}

/// Where a tree is merged into one that is there, links among its files show which name came first:
/// that one is written over what it finds, the others are replaced.
void keep_order_of_links(cp_command& c) {
  if (!c.copy.recursive || !c.copy.preserve_links) return;
  error ignored;
  for (const copy_operand& o : c.operands) {
    if (is_directory(o.target, ignored)) c.copy.in_order = true;
  }
}

int copy_to_name(cp_command& c, const cp_places& p, const std::vector<std::string>& names) {
  if (p.parents) return cp_usage_error("with --parents, the destination must be a directory");
  c.copy.no_collisions = false;
  c.copy.backs_up_itself = c.copy.force;
  c.operands.push_back({names[0], names[1]});
  if (c.copy.resume) set_journal(c.copy, names[1], false);
  keep_order_of_links(c);
  return 0;
}

}  // namespace

int find_cp_targets(cp_command& c, const cp_places& p, std::vector<std::string> names) {
  const bool given = p.target_directory != nullptr;
  if (names.empty()) return cp_usage_error("missing file operand");
  if (names.size() == 1 && !given) {
    return cp_usage_error("missing destination file operand after " + quoted(names[0]));
  }
  error why;
  std::string into;
  if (p.no_target_directory) {
    if (given) {
      return cp_wrong("cannot combine --target-directory (-t) and --no-target-directory (-T)");
    }
    if (names.size() > 2) return cp_usage_error("extra operand " + quoted(names[2]));
    return copy_to_name(c, p, names);
  }
  const bool goes_on = c.copy.resume && !given && names.size() == 2 && was_interrupted_at(names[1]);
  if (goes_on) return copy_to_name(c, p, names);
  if (given) {
    into = p.target_directory;
    if (!is_directory(into, why)) {
      return cp_wrong("target directory " + quoted(into) + ": " + words_of(why));
    }
  } else {
    into = names.back();
    const bool found = is_directory(into, why);
    if (!found && names.size() > 2) return cp_wrong("target " + quoted(into) + ": " + words_of(why));
    if (!found) return copy_to_name(c, p, names);
    names.pop_back();
  }
  if (c.copy.resume) set_journal(c.copy, into, true);
  c.copy.no_collisions = names.size() > 1;
  std::set<std::string> seen;
  for (std::string& n : names) {
    c.operands.push_back(operand_in(into, p.strip_slashes ? strip_slashes(n) : n, p.parents));
    // Where trees meet, links among their files show who came first.
    const bool meets = !seen.insert(c.operands.back().target).second;
    if (meets && c.copy.recursive) c.copy.in_order = true;
  }
  keep_order_of_links(c);
  return 0;
}

}  // namespace sluice::tool
