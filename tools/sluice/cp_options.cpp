#include "cp_options.hpp"

#include <errno.h>
#include <getopt.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "cp_resume.hpp"
#include "file_contexts.hpp"
#include "locale.hpp"
#include "operands.hpp"
#include "report.hpp"
#include "selinux.hpp"
#include "sluice/system.hpp"

namespace sluice::tool {

namespace {

enum long_only {
  opt_attributes = 256,
  opt_contents,
  opt_preserve,
  opt_no_preserve,
  opt_parents,
  opt_sparse,
  opt_reflink,
  opt_remove,
  opt_strip,
  opt_help,
  opt_version
};

constexpr option long_options[] = {
    {"archive", no_argument, nullptr, 'a'},
    {"attributes-only", no_argument, nullptr, opt_attributes},
    {"backup", optional_argument, nullptr, 'b'},
    {"copy-contents", no_argument, nullptr, opt_contents},
    {"dereference", no_argument, nullptr, 'L'},
    {"force", no_argument, nullptr, 'f'},
    {"interactive", no_argument, nullptr, 'i'},
    {"link", no_argument, nullptr, 'l'},
    {"no-clobber", no_argument, nullptr, 'n'},
    {"no-dereference", no_argument, nullptr, 'P'},
    {"no-preserve", required_argument, nullptr, opt_no_preserve},
    {"no-target-directory", no_argument, nullptr, 'T'},
    {"one-file-system", no_argument, nullptr, 'x'},
    {"parents", no_argument, nullptr, opt_parents},
    {"path", no_argument, nullptr, opt_parents},
    {"preserve", optional_argument, nullptr, opt_preserve},
    {"recursive", no_argument, nullptr, 'R'},
    {"remove-destination", no_argument, nullptr, opt_remove},
    {"sparse", required_argument, nullptr, opt_sparse},
    {"reflink", optional_argument, nullptr, opt_reflink},
    {"strip-trailing-slashes", no_argument, nullptr, opt_strip},
    {"suffix", required_argument, nullptr, 'S'},
    {"symbolic-link", no_argument, nullptr, 's'},
    {"target-directory", required_argument, nullptr, 't'},
    {"update", no_argument, nullptr, 'u'},
    {"verbose", no_argument, nullptr, 'v'},
    {"context", optional_argument, nullptr, 'Z'},
    {"help", no_argument, nullptr, opt_help},
    {"version", no_argument, nullptr, opt_version},
    {nullptr, 0, nullptr, 0},
};
constexpr char letters[] = "abdfHilLnprst:uvxPRS:TZ";

constexpr keyword sparse_words[] = {{"never", static_cast<int>(sparse_mode::never)},
                                    {"auto", static_cast<int>(sparse_mode::as_source)},
                                    {"always", static_cast<int>(sparse_mode::always)}};
constexpr keyword reflink_words[] = {{"auto", static_cast<int>(reflink_mode::automatic)},
                                     {"always", static_cast<int>(reflink_mode::always)},
                                     {"never", static_cast<int>(reflink_mode::never)}};
constexpr keyword backup_words[] = {{"none", static_cast<int>(backup_mode::none)},
                                    {"off", static_cast<int>(backup_mode::none)},
                                    {"simple", static_cast<int>(backup_mode::simple)},
                                    {"never", static_cast<int>(backup_mode::simple)},
                                    {"existing", static_cast<int>(backup_mode::existing)},
                                    {"nil", static_cast<int>(backup_mode::existing)},
                                    {"numbered", static_cast<int>(backup_mode::numbered)},
                                    {"t", static_cast<int>(backup_mode::numbered)}};
enum kept { keep_mode, keep_times, keep_owner, keep_links, keep_context, keep_xattr, keep_all };
constexpr keyword preserve_words[] = {{"mode", keep_mode},       {"timestamps", keep_times},
                                      {"ownership", keep_owner}, {"links", keep_links},
                                      {"context", keep_context}, {"xattr", keep_xattr},
                                      {"all", keep_all}};

/// The raw command line.
struct parsed {
  std::optional<follow_links> follow;
  cp_places places;
  bool backs_up = false;
  const char* control = nullptr;
  const char* suffix = nullptr;
  bool links = false, symlinks = false, attributes_only = false;
  bool contents = false;
  std::optional<bool> selinux;  // whether there is, once it was asked
  const char* context = nullptr;
  std::shared_ptr<file_contexts> policy;  // asked for contexts, if not null
};

bool selinux(parsed& p) {
  if (!p.selinux) p.selinux = has_selinux();
  return *p.selinux;
}

void preserve(cp_command& c, parsed& p, kept what, bool yes) {
  copy_options& o = c.copy;
  const bool all = what == keep_all;
  if (all || what == keep_mode) {
    o.preserve_mode = yes;
    o.plain_mode = !yes;
  }
  if (all || what == keep_times) o.preserve_times = yes;
  if (all || what == keep_owner) o.preserve_owner = yes;
  if (all || what == keep_links) o.preserve_links = yes;
  if (all || what == keep_xattr) o.preserve_xattrs = yes;
  if (what == keep_xattr) o.require_xattrs = yes;
  if (what == keep_context) o.require_context = yes;
  if (what == keep_context || (all && selinux(p))) o.preserve_context = yes;
}

bool preserve_list(cp_command& c, parsed& p, std::string list, bool yes) {
  const char* what = yes ? "--preserve" : "--no-preserve";
  for (;;) {
    const std::size_t comma = list.find(',');
    const auto one = match_keyword(what, list.substr(0, comma), preserve_words);
    if (!one) return false;
    preserve(c, p, static_cast<kept>(*one), yes);
    if (comma == std::string::npos) return true;
    list.erase(0, comma + 1);
  }
}

void preserve_usual(cp_command& c) {
  c.copy.preserve_mode = c.copy.preserve_owner = c.copy.preserve_times = c.copy.require = true;
}

/// The letters; false: not one of these.
bool take_letter(int letter, cp_command& c, parsed& p) {
  switch (letter) {
    case 'a':
      p.follow = follow_links::never;
      preserve_usual(c);
      c.copy.preserve_links = c.copy.preserve_xattrs = c.copy.silent_xattrs = true;
      if (selinux(p)) c.copy.preserve_context = true;
      return c.copy.recursive = true;
    case 'd': p.follow = follow_links::never; return c.copy.preserve_links = true;
    case 'p': preserve_usual(c); return true;
    case 'r':
    case 'R': return c.copy.recursive = true;
    case 'P': p.follow = follow_links::never; return true;
    case 'L': p.follow = follow_links::always; return true;
    case 'H': p.follow = follow_links::operands; return true;
    case 'f': return c.copy.force = true;
    case 'i': c.copy.overwrite = overwrite_mode::ask; return true;
    case 'n': c.copy.overwrite = overwrite_mode::never; return true;
    case 'u': return c.copy.only_newer = true;
    case 'l': return p.links = true;
    case 's': return p.symlinks = true;
    case 'v': return c.verbose = true;
    case 'x': return c.copy.one_file_system = true;
    case 'T': return p.places.no_target_directory = true;
    case opt_attributes: return p.attributes_only = true;
    case opt_contents: return p.contents = true;
    case opt_parents: return p.places.parents = true;
    case opt_remove: return c.copy.remove_first = true;
    case opt_strip: return p.places.strip_slashes = true;
    default: return false;
  }
}

/// Options whose argument is one of some words. -1: not one of these; else as take_option.
int take_word(int letter, const char* argument, cp_command& c, parsed& p) {
  std::optional<int> word;
  switch (letter) {
    case opt_preserve:
      c.copy.require = true;
      if (argument == nullptr) {
        preserve_usual(c);
        return 0;
      }
      return preserve_list(c, p, argument, true) ? 0 : 1 + try_help(program());
    case opt_no_preserve:
      return preserve_list(c, p, argument, false) ? 0 : 1 + try_help(program());
    case opt_sparse:
      word = match_keyword("--sparse", argument, sparse_words);
      if (word) c.copy.sparse = static_cast<sparse_mode>(*word);
      break;
    case opt_reflink:
      word = static_cast<int>(reflink_mode::always);
      if (argument != nullptr) word = match_keyword("--reflink", argument, reflink_words);
      if (word) c.copy.reflink = static_cast<reflink_mode>(*word);
      break;
    default: return -1;
  }
  return word ? 0 : 1 + try_help(program());
}

/// -Z alone. Where there is no policy to ask, it is as if it was not given.
void ask_policy(parsed& p) {
  if (p.policy != nullptr) return;
  auto opened = file_contexts::open();
  if (opened) {
    p.policy = std::move(*opened);
  } else {
    complain(program(), "warning: ignoring --context: " + reason(opened.error()));
  }
}

/// Without SELinux this is ignored, as by GNU's, and only who names a context hears of it.
int take_context(const char* context, parsed& p) {
  if (selinux(p)) {
    if (context != nullptr) {
      p.context = context;
    } else {
      ask_policy(p);
    }
  } else if (context != nullptr) {
    complain(program(), "warning: ignoring --context; it requires an SELinux-enabled kernel");
  }
  return 0;
}

/// 0: go on. Otherwise the command is at its end, with this status minus one.
int take_option(int letter, const char* argument, cp_command& c, parsed& p) {
  if (take_letter(letter, c, p)) return 0;
  const int worded = take_word(letter, argument, c, p);
  if (worded >= 0) return worded;
  const int own = take_own_option(letter, argument, c);
  if (own >= 0) return own;
  switch (letter) {
    case 'b':
      p.backs_up = true;
      if (argument != nullptr) p.control = argument;
      return 0;
    case 'S':
      p.backs_up = true;
      p.suffix = argument;
      return 0;
    case 't':
      if (p.places.target_directory != nullptr) {
        return 1 + cp_wrong("multiple target directories specified");
      }
      p.places.target_directory = argument;
      return 0;
    case 'Z': return take_context(argument, p);
    case opt_help: print_help(cp_help()); return 1;
    case opt_version: print_version("cp"); return 1;
    default: return 1 + try_help(program());  // getopt has said what was wrong
  }
}

/// False after a complaint.
bool choose_backup(cp_command& c, const parsed& p) {
  if (p.backs_up) {
    const char* from_environment = std::getenv("VERSION_CONTROL");
    const bool asked = p.control != nullptr && *p.control != '\0';
    const char* control = asked ? p.control : from_environment;
    std::optional<int> word = static_cast<int>(backup_mode::existing);
    if (control != nullptr && *control != '\0') {
      word = match_keyword(asked ? "backup type" : "$VERSION_CONTROL", control, backup_words);
    }
    if (!word) return false;
    c.copy.backup = static_cast<backup_mode>(*word);
  }
  const char* suffix = p.suffix != nullptr ? p.suffix : std::getenv("SIMPLE_BACKUP_SUFFIX");
  const bool usable = suffix != nullptr && *suffix != '\0' && std::strchr(suffix, '/') == nullptr;
  if (usable) c.copy.backup_suffix = suffix;
  return true;
}

cp_given given(const cp_command& c, const parsed& p) {
  const copy_options& o = c.copy;
  cp_given g;
  g.link = p.links;
  g.symbolic_link = p.symlinks;
  g.attributes_only = p.attributes_only;
  g.backup = p.backs_up;
  g.remove_destination = o.remove_first;
  g.interactive = o.overwrite == overwrite_mode::ask;
  g.no_clobber = o.overwrite == overwrite_mode::never;
  g.update = o.only_newer;
  g.reflink_always = o.reflink == reflink_mode::always;
  g.sparse_always = o.sparse == sparse_mode::always;
  g.sparse_never = o.sparse == sparse_mode::never;
  g.atomic = o.atomic;
  g.fsync = o.durable;
  g.resume = o.resume;
  g.verify = o.verify;
  g.json = c.json;
  g.dry_run = o.dry_run;
  return g;
}

/// A context of one's own instead of those of -a; 0, or the status to exit with.
int settle_context(copy_options& o, parsed& p) {
  if (p.context != nullptr || p.policy != nullptr) {
    if (!o.require_context) o.preserve_context = false;
    if (o.preserve_context) return cp_wrong("cannot set target context and preserve it");
  }
  if (p.context != nullptr) o.context = p.context;
  if (p.policy != nullptr) {
    o.context_for = [policy = p.policy](const std::string& target, file_type is, const std::string& now) {
      return policy->find(target, is, now);
    };
  }
  if (o.require_context && !selinux(p)) {
    return cp_wrong("cannot preserve security context without an SELinux-enabled kernel");
  }
  if (!o.context.empty() && rejects_context(o.context)) {
    const std::string why = reason(error(EINVAL, system_domain));
    return cp_wrong("failed to set default file creation context to " + quoted(o.context) + ": " + why);
  }
  return 0;
}

/// What only shows when all options are known; 0, or the status to exit with.
int settle_options(cp_command& c, parsed& p) {
  copy_options& o = c.copy;
  if (o.overwrite == overwrite_mode::never) o.only_newer = false;
  const std::string wrong = wrong_pair(given(c, p));
  if (!wrong.empty()) return cp_usage_error(wrong);
  if (!choose_backup(c, p)) return try_help(program());
  if (p.attributes_only) o.kind = copy_kind::attributes;
  if (p.links) o.kind = copy_kind::hard_link;
  if (p.symlinks) o.kind = copy_kind::symlink;
  const bool as_links = o.recursive && !p.links;
  o.follow = p.follow.value_or(as_links ? follow_links::never : follow_links::always);
  o.contents_of_special = p.contents;
  o.through_dangling = std::getenv("POSIXLY_CORRECT") != nullptr;
  if (const int status = settle_context(o, p); status != 0) return status;
  o.filtered = !c.exclude.empty();
  // Questions, words and backups come in GNU's order.
  o.in_order = c.verbose || o.dry_run || o.overwrite == overwrite_mode::ask || o.backup != backup_mode::none;
  const mode_t mask = ::umask(0);
  ::umask(mask);
  o.umask = static_cast<std::uint16_t>(mask);
  o.privileged = ::geteuid() == 0;
  if (o.atomic || o.resume) set_unique(o);
  return 0;
}

}  // namespace

int cp_wrong(const std::string& message) {
  complain(program(), message);
  return 1;
}

int cp_usage_error(const std::string& message) {
  complain(program(), message);
  return try_help(program());
}

std::optional<cp_command> read_cp_command(int argc, char** argv, int& status) {
  std::vector<const char*> gnu;
  for (const option& o : long_options) {
    if (o.name != nullptr) gnu.push_back(o.name);
  }
  own_options own(cp_own_names, std::move(gnu));
  if (!own.hide(argc, argv)) {
    status = try_help(program());
    return std::nullopt;
  }
  const std::string all_letters = own.letters_after(letters);
  cp_command c;
  parsed p;
  for (;;) {
    const int letter = next_option(argc, argv, all_letters.c_str(), long_options);
    if (letter == -1) break;
    const char* argument = ::optarg != nullptr ? own.shown(::optarg) : nullptr;
    const int ended = take_option(letter, argument, c, p);
    if (ended != 0) {
      status = ended - 1;
      return std::nullopt;
    }
  }
  status = settle_options(c, p);
  if (status != 0) return std::nullopt;
  std::vector<std::string> names;
  for (int i = ::optind; i < argc; ++i) names.emplace_back(own.shown(argv[i]));
  status = find_cp_targets(c, p.places, std::move(names));
  if (status != 0) return std::nullopt;
  if (c.copy.in_order) c.jobs = 1;
  return c;
}

}  // namespace sluice::tool
