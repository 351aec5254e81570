// Who hears of what a copy does: lines for people, or objects for programs.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "cp_options.hpp"
#include "cp_progress.hpp"
#include "interruption.hpp"
#include "json.hpp"

namespace sluice::tool {

/// What both have in common: complaints, questions, and names that are left out.
class cp_listener : public copy_listener {
 public:
  cp_listener(const cp_command& c, interruption& i, cp_progress& p) noexcept
      : command_(c), interruption_(i), progress_(p) {}

  void failed(const copy_problem& p) override;
  void verified(const copy_verified& v) override;
  bool wants_names() const noexcept override { return command_.verbose || command_.copy.dry_run; }
  bool may_overwrite(const std::string& target, const file_status& there) override;
  bool skips(const std::string& source) override { return command_.exclude.matches(source); }
  /// After the copy. `good`: nothing failed.
  virtual void finish(bool /*good*/) {}

 protected:
  /// On standard output.
  void say(const std::string& line);
  const cp_command& command() const noexcept { return command_; }

 private:
  bool ask(const std::string& question);

  const cp_command& command_;
  interruption& interruption_;
  cp_progress& progress_;
};

/// GNU's lines.
class cp_lines final : public cp_listener {
 public:
  using cp_listener::cp_listener;
  void copying(const std::string& source, const std::string& target,
               const std::string& backup) override;
  void removed(const std::string& target) override;
  void made_parent(const std::string& source, const std::string& target) override;
  void restored(const std::string& backup, const std::string& target) override;
};

/// --json: an object for each event, and one at the end.
class cp_events final : public cp_listener, last_words {
 public:
  cp_events(const cp_command& c, interruption& i, cp_progress& p);
  ~cp_events() override { signals_.tell_also(nullptr); }
  void failed(const copy_problem& p) override;
  void copying(const std::string& source, const std::string& target,
               const std::string& backup) override;
  void removed(const std::string& target) override;
  void made_parent(const std::string& source, const std::string& target) override;
  void restored(const std::string& backup, const std::string& target) override;
  void verified(const copy_verified& v) override { verified_ = v; }
  void finish(bool good) override;

 private:
  void tell_line(json_line& line);
  template <class Text>
  void summarize(json_object<Text>& into, const char* result) const;

  bool take_the_floor() noexcept override { return !speaking_.exchange(true); }
  void incomplete(std::string_view source, std::string_view target) noexcept override;
  void moved_away(std::string_view target, std::string_view backup) noexcept override;
  void ended() noexcept override;
  void tell_urgently(json_object<urgent_text>& event) noexcept;

  void tell(const char* event, const std::string* source, const std::string* target,
            const std::string* backup = nullptr);

  const std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  interruption& signals_;
  std::atomic<bool> speaking_ = false;
  std::atomic<std::uint64_t> errors_ = 0, warnings_ = 0;
  copy_verified verified_;
  // For signal handlers:
  urgent_text words_, urgent_line_;
};

}  // namespace sluice::tool
