// What --json prints.
#include <cstdio>

#include "cp_listeners.hpp"
#include "cp_words.hpp"
#include "json.hpp"
#include "sluice/describe.hpp"
#include "sluice/system.hpp"

namespace sluice::tool {

/// Whoever reads along gets each line when it is there.
cp_events::cp_events(const cp_command& c, interruption& i, cp_progress& p)
    : cp_listener(c, i, p), signals_(i) {
  std::setvbuf(stdout, nullptr, _IOLBF, BUFSIZ);
  signals_.tell_also(this);
}

/// One at a time, and none once a signal handler has the floor: the process ends.
void cp_events::tell_line(json_line& line) {
  if (speaking_.exchange(true)) return;
  say(line.take());
  speaking_ = false;
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
  tell_line(line);
}

void cp_events::tell(const char* event, const std::string* source, const std::string* target,
                     const std::string* backup) {
  json_line line;
  line.add("event", event);
  if (source != nullptr) line.add_bytes("source", *source);
  if (target != nullptr) line.add_bytes("target", *target);
  if (backup != nullptr && !backup->empty()) line.add_bytes("backup", *backup);
  tell_line(line);
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

template <class Text>
void cp_events::summarize(json_object<Text>& into, const char* result) const {
  using namespace std::chrono;
  const auto took = duration_cast<milliseconds>(steady_clock::now() - began_);
  const copy_tally& t = *command().copy.tally;
  into.add("event", "summary");
  into.add("result", result);
  into.add_flag("dry_run", command().copy.dry_run);
  into.add("files", t.files);
  into.add("directories", t.directories);
  into.add("left", t.left);
  into.add("bytes", t.bytes);
  into.add("errors", errors_);
  into.add("warnings", warnings_);
  if (command().copy.verify) {
    into.add("verified_files", verified_.files);
    into.add("verified_bytes", verified_.bytes);
    into.add("verified_direct", verified_.direct);
    into.add("verified_dropped", verified_.dropped);
    into.add("verified_cached", verified_.cached);
  }
  into.add("milliseconds", static_cast<std::uint64_t>(took.count()));
}

/// Nobody has anything to say after that.
void cp_events::finish(bool good) {
  if (speaking_.exchange(true)) return;
  const bool stopped = command().copy.stop->requested();
  json_line line;
  summarize(line, stopped ? "stopped" : good ? "complete" : "incomplete");
  say(line.take());
}

/// From here on in a signal handler, which has the floor: nothing is allocated. What is too long is left
/// out; no system call takes such a name.
void cp_events::tell_urgently(json_object<urgent_text>& event) noexcept {
  event.end();
  if (urgent_line_.whole()) write_urgently(urgent_line_.view(), 1);
  urgent_line_.clear();
  words_.clear();
}

void cp_events::incomplete(std::string_view source, std::string_view target) noexcept {
  ++errors_;
  quote_urgently(words_, target);
  add_urgently(words_, " is incomplete");
  json_object event(urgent_line_);
  event.add("event", "error");
  event.add("message", words_.view());
  if (!source.empty()) event.add_bytes("source", source);
  event.add_bytes("target", target);
  tell_urgently(event);
}

void cp_events::moved_away(std::string_view target, std::string_view backup) noexcept {
  ++errors_;
  add_urgently(words_, "the backup of ");
  quote_urgently(words_, target);
  add_urgently(words_, " stays ");
  quote_urgently(words_, backup);
  json_object event(urgent_line_);
  event.add("event", "error");
  event.add("message", words_.view());
  event.add_bytes("target", target);
  event.add_bytes("backup", backup);
  tell_urgently(event);
}

void cp_events::ended() noexcept {
  json_object event(urgent_line_);
  summarize(event, "stopped");
  tell_urgently(event);
}

}  // namespace sluice::tool
