// What --json prints.
#include <cstdio>

#include "cp_listeners.hpp"
#include "cp_words.hpp"
#include "json.hpp"
#include "sluice/describe.hpp"
#include "sluice/system.hpp"

namespace sluice::tool {

/// Whoever reads along gets each line when it is there.
cp_events::cp_events(const cp_command& c, interruption& i, cp_progress& p) : cp_listener(c, i, p) {
  std::setvbuf(stdout, nullptr, _IOLBF, BUFSIZ);
}

/// Besides the words on standard error.
void cp_events::failed(const copy_problem& p) {
  cp_listener::failed(p);
  ++(p.failure ? errors_ : warnings_);
  json_line line;
  line.add("event", p.failure ? "error" : "warning");
  line.add_bytes("message", words_for(p));
  line.add_bytes("source", p.source);
  line.add_bytes("target", p.target);
  if (p.why) line.add_bytes("reason", describe(p.why));
  if (p.why.domain == &system_domain) line.add("errno", static_cast<std::uint64_t>(p.why.code));
  say(line.take());
}

void cp_events::tell(const char* event, const std::string* source, const std::string* target,
                     const std::string* backup) {
  json_line line;
  line.add("event", event);
  if (source != nullptr) line.add_bytes("source", *source);
  if (target != nullptr) line.add_bytes("target", *target);
  if (backup != nullptr && !backup->empty()) line.add_bytes("backup", *backup);
  say(line.take());
}

void cp_events::copying(const std::string& source, const std::string& target,
                        const std::string& backup) {
  tell("copy", &source, &target, &backup);
}
void cp_events::removed(const std::string& target) { tell("remove", nullptr, &target); }
void cp_events::made_parent(const std::string& source, const std::string& target) {
  tell("parent", &source, &target);
}
void cp_events::restored(const std::string& backup, const std::string& target) {
  tell("restore", nullptr, &target, &backup);
}

void cp_events::finish(const copy_tally& t, bool good) {
  using namespace std::chrono;
  const auto took = duration_cast<milliseconds>(steady_clock::now() - began_);
  const bool stopped = command().copy.stop->requested();
  json_line line;
  line.add("event", "summary");
  line.add("result", stopped ? "stopped" : good ? "complete" : "incomplete");
  line.add_flag("dry_run", command().copy.dry_run);
  line.add("files", t.files);
  line.add("directories", t.directories);
  line.add("left", t.left);
  line.add("bytes", t.bytes);
  line.add("errors", errors_);
  line.add("warnings", warnings_);
  if (command().copy.verify) {
    line.add("verified_files", verified_.files);
    line.add("verified_bytes", verified_.bytes);
    line.add("verified_direct", verified_.direct);
    line.add("verified_dropped", verified_.dropped);
    line.add("verified_cached", verified_.cached);
  }
  line.add("milliseconds", static_cast<std::uint64_t>(took.count()));
  say(line.take());
}

}  // namespace sluice::tool
