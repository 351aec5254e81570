// Security contexts. SELinux itself would give them to what a thread makes, if it is asked to before each
// call; as an attribute they can be given from any thread, and also on other systems.
#include <span>
#include <vector>

#include "fs/copy/attributes.hpp"

namespace sluice::inline v0::copying {

namespace {

constexpr std::size_t largest = 4096;  // the kernel's own contexts fit a page

/// What is worth a word, as with GNU cp: all that had to be kept; of the rest only what can be had here.
void miss_context(context& c, const subject& about, copy_step step, const error& why) {
  const copy_options& o = c.options;
  const bool all = o.require_context || o.kind == copy_kind::attributes;
  const bool unsupported = why == errc::not_supported || why == errc::no_attribute;
  const bool some = !o.silent_xattrs && !unsupported;
  const bool own = !o.context.empty() && !o.context_for;
  if (all || some || own) c.miss(about, step, why, o.require_context);
}

std::span<const std::byte> with_end(const std::string& text) {
  return {reinterpret_cast<const std::byte*>(text.c_str()), text.size() + 1};
}

std::string text_of(std::span<const std::byte> value) {
  std::string text(reinterpret_cast<const char*>(value.data()), value.size());
  while (text.ends_with('\0')) text.pop_back();
  return text;
}

/// True: it could be found out, or need not be known.
bool take_context(context& c, const subject& about, const result<std::size_t>& size,
                  std::span<const std::byte> room, std::string& found) {
  if (size) {
    found = text_of(room.first(*size));
    return true;
  }
  miss_context(c, about, copy_step::get_context, size.error());
  return !c.options.require_context;
}

/// What there is no context for, or what can't have one, is left as the system made it.
void miss_choice(context& c, const subject& about, const error& why, bool fresh) {
  const bool unsupported = why == errc::not_supported || why == errc::no_attribute;
  if (!fresh) {
    miss_context(c, about, copy_step::set_context, why);
  } else if (!unsupported) {
    c.miss(about, copy_step::set_context, why, false);
  }
}

/// `now`: the context that it has, in `room`.
void ask_for_context(context& c, const subject& about, const result<std::size_t>& now,
                     std::span<const std::byte> room, file_type is, bool fresh, std::string& chosen) {
  const std::string has = now ? text_of(room.first(*now)) : std::string();
  if (!now && now.error() != errc::no_attribute) {
    miss_choice(c, about, now.error(), fresh);
    return;
  }
  const auto said = c.options.context_for(about.target_path(), is, has);
  if (!said) miss_choice(c, about, said.error(), fresh);
  if (said && !said->empty()) {
    if (*said != has) chosen = *said;
  } else if (fresh) {
    chosen = c.options.context;
  }
}

bool note_set(context& c, const subject& about, const result<void>& set) {
  if (set) return true;
  miss_context(c, about, copy_step::set_context, set.error());
  return !c.options.require_context;
}

}  // namespace

task<bool> find_context(context& c, const subject& about, const file& from, std::string& found) {
  std::vector<std::byte> room(largest);
  result<std::size_t> size = std::unexpected(error(errc::no_attribute));
  if (from) size = co_await from.get_xattr(context_xattr, room);
  co_return take_context(c, about, size, room, found);
}

task<bool> set_context(context& c, const subject& about, const file& to, const std::string& text) {
  if (text.empty()) co_return true;
  auto set = co_await to.set_xattr(context_xattr, with_end(text));
  co_return note_set(c, about, set);
}

task<void> choose_context(context& c, const subject& about, const file& to, file_type is, bool fresh,
                          std::string& chosen) {
  std::vector<std::byte> room(largest);
  auto now = co_await to.get_xattr(context_xattr, room);
  ask_for_context(c, about, now, room, is, fresh, chosen);
}

namespace {

task<void> label_as_told(context& c, const subject& about, const dir& in, path_ref name, file_type is,
                         bool fresh) {
  std::vector<std::byte> room(largest);
  std::string text;
  auto now = co_await in.get_xattr(name, context_xattr, room);
  ask_for_context(c, about, now, room, is, fresh, text);
  if (text.empty()) co_return;
  const auto value = with_end(text);
  auto set = co_await in.set_xattr(name, context_xattr, value);
  static_cast<void>(note_set(c, about, set));  // if not, that was told
}

}  // namespace

task<void> label_empty_directory(context& c, const subject& about, const dir& in, path_ref name, bool fresh) {
  auto labelling = label_as_told(c, about, in, name, file_type::directory, fresh);
  co_await std::move(labelling);
}

task<void> label_directory(context& c, const subject& about, const file& from, const file& to,
                           const target_state& w) {
  std::string text;
  if (c.options.preserve_context) {
    auto finding = find_context(c, about, from, text);
    const bool found = co_await std::move(finding);
    if (!found) co_return;
  } else if (w.fresh && !c.options.context_for) {
    text = c.options.context;
  }
  auto setting = set_context(c, about, to, text);
  const bool set = co_await std::move(setting);
  static_cast<void>(set);  // if not, that was told
}

task<bool> label_by_name(context& c, const item& i, file_type is) {
  if (c.options.context_for) {
    auto labelling = label_as_told(c, i, i.to, i.target_name, is, true);
    co_await std::move(labelling);
    co_return true;
  }
  std::string text = c.options.context;
  if (c.options.preserve_context) {
    std::vector<std::byte> room(largest);
    auto size = co_await i.from.get_xattr(i.name, context_xattr, room);
    if (!take_context(c, i, size, room, text)) co_return false;
  }
  if (text.empty()) co_return true;
  const auto value = with_end(text);
  auto set = co_await i.to.set_xattr(i.target_name, context_xattr, value);
  co_return note_set(c, i, set);
}

}  // namespace sluice::inline v0::copying
