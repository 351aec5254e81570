// The options of cp that GNU's does not have.
#include "block_size.hpp"
#include "cp_options.hpp"
#include "operands.hpp"
#include "report.hpp"

namespace sluice::tool {

namespace {

// Letters that nobody types; see own_options.
enum : char {
  opt_stats = 1, opt_jobs, opt_progress, opt_bwlimit, opt_dry_run, opt_exclude, opt_json,
  opt_atomic, opt_fsync, opt_resume, opt_verify
};

constexpr own_options::name names[] = {
    {"stats", opt_stats, false},     {"jobs", opt_jobs, true},
    {"progress", opt_progress, false}, {"bwlimit", opt_bwlimit, true},
    {"dry-run", opt_dry_run, false}, {"exclude", opt_exclude, true},
    {"json", opt_json, false},       {"atomic", opt_atomic, false},
    {"fsync", opt_fsync, false},     {"resume", opt_resume, false},
    {"verify", opt_verify, false}};

const char* what_is_wrong(parsed p, std::int64_t number) {
  switch (p) {
    case parsed::invalid: return "not a number of bytes";
    case parsed::invalid_suffix: return "its unit is none of K, M, G, KB, MB, GB and so on";
    case parsed::too_large: return "too large";
    case parsed::good: break;
  }
  return number > 0 ? nullptr : "not above 0";
}

int take_rate(const char* text, std::uint64_t& rate) {
  std::int64_t number = 0;
  const parsed p = parse_signed_size(text, number);
  const char* wrong = what_is_wrong(p, number);
  if (wrong != nullptr) return 1 + cp_wrong(wrong_argument("--bwlimit", text, wrong));
  rate = static_cast<std::uint64_t>(number);
  return 0;
}

}  // namespace

const std::span<const own_options::name> cp_own_names = names;

int take_own_option(int letter, const char* argument, cp_command& c) {
  switch (letter) {
    case opt_stats: c.stats = true; return 0;
    case opt_jobs: return parse_jobs(program(), argument, c.jobs) ? 0 : 2;
    case opt_progress: c.progress = true; return 0;
    case opt_bwlimit: return take_rate(argument, c.copy.bytes_per_second);
    case opt_dry_run: c.copy.dry_run = true; return 0;
    case opt_exclude: c.exclude.add(argument); return 0;
    case opt_json: c.json = true; return 0;
    case opt_atomic: c.copy.atomic = true; return 0;
    case opt_fsync: c.copy.durable = true; return 0;
    case opt_resume: c.copy.resume = true; return 0;
    case opt_verify: c.copy.verify = true; return 0;
    default: return -1;
  }
}

}  // namespace sluice::tool
