#include "du_options.hpp"

#include <getopt.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iterator>

#include "keyword.hpp"
#include "locale.hpp"
#include "operands.hpp"
#include "own_options.hpp"
#include "report.hpp"

namespace sluice::tool {

namespace {

enum : int {
  apparent_size = 256, exclude, files0_from, si, inodes, time_option, time_style, help, version_option
};

constexpr option long_options[] = {
    {"all", no_argument, nullptr, 'a'},
    {"apparent-size", no_argument, nullptr, apparent_size},
    {"block-size", required_argument, nullptr, 'B'},
    {"bytes", no_argument, nullptr, 'b'},
    {"count-links", no_argument, nullptr, 'l'},
    {"dereference", no_argument, nullptr, 'L'},
    {"dereference-args", no_argument, nullptr, 'D'},
    {"exclude", required_argument, nullptr, exclude},
    {"exclude-from", required_argument, nullptr, 'X'},
    {"files0-from", required_argument, nullptr, files0_from},
    {"human-readable", no_argument, nullptr, 'h'},
    {"inodes", no_argument, nullptr, inodes},
    {"si", no_argument, nullptr, si},
    {"max-depth", required_argument, nullptr, 'd'},
    {"null", no_argument, nullptr, '0'},
    {"no-dereference", no_argument, nullptr, 'P'},
    {"one-file-system", no_argument, nullptr, 'x'},
    {"separate-dirs", no_argument, nullptr, 'S'},
    {"summarize", no_argument, nullptr, 's'},
    {"total", no_argument, nullptr, 'c'},
    {"threshold", required_argument, nullptr, 't'},
    {"time", optional_argument, nullptr, time_option},
    {"time-style", required_argument, nullptr, time_style},
    {"help", no_argument, nullptr, help},
    {"version", no_argument, nullptr, version_option},
    {nullptr, 0, nullptr, 0}};
constexpr char letters[] = "0abd:chHklmst:xB:DLPSX:";
// Each of our own letters stands for a long option; see own_options.
constexpr own_options::name own_names[] = {{"stats", '\1', false},
                                           {"jobs", '\2', true},
                                           {"json", '\3', false},
                                           {"top", '\4', true},
                                           {"progress", '\5', false}};

constexpr keyword time_words[] = {{"atime", static_cast<int>(size_time::accessed)},
                                  {"access", static_cast<int>(size_time::accessed)},
                                  {"use", static_cast<int>(size_time::accessed)},
                                  {"ctime", static_cast<int>(size_time::changed)},
                                  {"status", static_cast<int>(size_time::changed)}};
constexpr const char* time_formats[] = {"%Y-%m-%d %H:%M:%S.%N %z", "%Y-%m-%d %H:%M", "%Y-%m-%d"};
constexpr keyword style_words[] = {{"full-iso", 0}, {"long-iso", 1}, {"iso", 2}};

/// What comes to light only when all options are known.
struct notes {
  bool good = true;
  bool depth_given = false;
  const char* style = nullptr;
  du_given given;
};

/// Remembers what doesn't go with every other one.
void note(int c, du_given& g) {
  switch (c) {
    case '0': g.null = true; break;
    case 'B':
    case 'k':
    case 'm': g.block_size = true; break;
    case 'h': g.human_readable = true; break;
    case si: g.si = true; break;
    case time_style: g.time_style = true; break;
    case '\3': g.json = true; break;
    default: break;
  }
}

/// Options without an argument; false: it is none of them.
bool take_flag(int c, du_options& into) {
  switch (c) {
    case '0': into.line_end = '\0'; return true;
    case 'a': return into.all = true;
    case apparent_size: return into.apparent = true;
    case 'b': into.sizes = size_format::of(1); return into.apparent = true;
    case 'c': return into.total = true;
    case 'D':
    case 'H': into.follow = du_follow::operands; return true;
    case 'h': into.sizes = size_format::human(true); return true;
    case si: into.sizes = size_format::human(false); return true;
    case inodes: return into.inodes = true;
    case 'k': into.sizes = size_format::of(1024); return true;
    case 'L': into.follow = du_follow::all; return true;
    case 'l': return into.every_link = true;
    case 'm': into.sizes = size_format::of(1024 * 1024); return true;
    case 'P': into.follow = du_follow::none; return true;
    case 'S': return into.separate = true;
    case 's': return into.summarize = true;
    case 'x': return into.one_file_system = true;
    case '\1': return into.statistics = true;
    case '\3': return into.json = true;
    case '\5': return into.progress = true;
    default: return false;
  }
}

int refuse(const std::string& message) {
  complain(program(), message);
  return 1;
}

std::optional<int> take_threshold(const char* text, bool long_form, du_options& into) {
  const parsed p = parse_signed_size(text, into.threshold);
  if (p != parsed::good) return refuse(complaint(p, long_form ? "--threshold" : "-t", text));
  if (into.threshold == 0 && *text == '-') return refuse("invalid --threshold argument '-0'");
  return std::nullopt;
}

std::optional<int> take_time(const char* text, du_options& into) {
  into.time = size_time::modified;
  if (text == nullptr) return std::nullopt;
  const auto word = match_keyword("--time", text, time_words);
  if (!word) return try_help(program());
  into.time = static_cast<size_time>(*word);
  return std::nullopt;
}

/// A number: the command is over.
std::optional<int> take(int c, const char* text, bool long_form, du_options& into, notes& n) {
  note(c, n.given);
  if (take_flag(c, into)) return std::nullopt;
  std::uint64_t number = 0;
  switch (c) {
    case 'B': {
      const parsed p = into.sizes.parse(text);
      if (p == parsed::good) break;
      return refuse(complaint(p, long_form ? "--block-size" : "-B", text));
    }
    case 'd':
      if (parse_count(text, number) != parsed::good) {
        complain(program(), "invalid maximum depth " + quoted_argument(text));
        n.good = false;
        break;
      }
      into.max_depth = number;
      n.depth_given = true;
      break;
    case exclude: into.exclude.add(text); break;
    case files0_from: into.names_from = text; break;
    case 't': return take_threshold(text, long_form, into);
    case time_option: return take_time(text, into);
    case time_style: n.style = text; break;
    case 'X':
      if (const int why = into.exclude.add_from(text); why != 0) {
        complain(program(), quoted_before_colon(text) + ": " + reason(why));
        n.good = false;
      }
      break;
    case '\2':
      if (!parse_jobs(program(), text, into.jobs)) return 1;
      break;
    case '\4':
      if (parse_count(text, number) != parsed::good || number == 0) {
        return refuse(wrong_argument("--top", text, "not a number from 1 on"));
      }
      into.top = number;
      break;
    case help: print_help(du_help()); return 0;
    case version_option: print_version("du"); return 0;
    default: n.good = false;
  }
  return std::nullopt;
}

/// As for ls: TIME_STYLE may be meant for it.
bool choose_time_format(const char* style, du_options& into) {
  std::string text = style != nullptr ? style : "";
  const char* from_environment = std::getenv("TIME_STYLE");
  if (style == nullptr && from_environment != nullptr) {
    text = from_environment;
    if (text.starts_with('+')) {
      text.erase(std::min(text.find('\n'), text.size()));
    } else {
      while (text.starts_with("posix-")) text.erase(0, std::strlen("posix-"));
    }
  }
  const bool none = style == nullptr && (from_environment == nullptr ||
                                         std::strcmp(from_environment, "locale") == 0);
  if (none) text = "long-iso";
  if (text.starts_with('+')) {
    into.time_format = text.substr(1);
    return true;
  }
  const auto word = match_keyword("time style", text, style_words);
  if (word) into.time_format = time_formats[*word];
  return word.has_value();
}

std::optional<int> settle(du_options& into, const notes& n) {
  if (!n.good) return try_help(program());
  if (const std::string wrong = wrong_du_pair(n.given); !wrong.empty()) {
    complain(program(), wrong);
    return try_help(program());
  }
  if (into.all && into.summarize) {
    complain(program(), "cannot both summarize and show all entries");
    return try_help(program());
  }
  if (into.summarize && n.depth_given) {
    if (into.max_depth != 0) {
      complain(program(), "warning: summarizing conflicts with --max-depth=" +
                              std::to_string(into.max_depth));
      return try_help(program());
    }
    complain(program(), "warning: summarizing is the same as using --max-depth=0");
  }
  if (into.summarize) into.max_depth = 0;
  if (into.inodes) {
    if (into.apparent) {
      complain(program(), "warning: options --apparent-size and -b are ineffective with --inodes");
    }
    into.sizes.block = 1;
  }
  if (into.time != size_time::none && !choose_time_format(n.style, into)) return try_help(program());
  if (into.names_from != nullptr && !into.operands.empty()) {
    complain(program(), "extra operand " + quoted_argument(into.operands.front()));
    std::fputs("file operands cannot be combined with --files0-from\n", stderr);
    return try_help(program());
  }
  return std::nullopt;
}

}  // namespace

std::optional<int> parse_du_options(int argc, char** argv, du_options& into) {
  into.sizes = size_format::from_environment();
  std::vector<const char*> gnu;
  for (const option& o : long_options) {
    if (o.name != nullptr) gnu.push_back(o.name);
  }
  own_options own(own_names, std::move(gnu));
  if (!own.hide(argc, argv)) return try_help(program());
  const std::string all_letters = own.letters_after(letters);
  notes n;
  for (;;) {
    int index = -1;
    const int c = next_option(argc, argv, all_letters.c_str(), long_options, &index);
    if (c == -1) break;
    const char* argument = ::optarg != nullptr ? own.shown(::optarg) : nullptr;
    if (const auto over = take(c, argument, index >= 0, into, n)) return over;
  }
  for (int i = ::optind; i < argc; ++i) into.operands.push_back(own.shown(argv[i]));
  return settle(into, n);
}

}  // namespace sluice::tool
