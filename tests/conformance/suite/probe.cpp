// One operation of each kind, asked of a place that says that it has no such thing.
#include "sluice/conformance/place.hpp"
#include "sluice/net/network.hpp"

namespace sluice::conformance {

namespace {

template <class Op, class... Arguments>
task<error> ask(place& p, Arguments... arguments) {
  call<Op> asked(p.root.in(), arguments...);
  const auto r = co_await asked;
  co_return r ? error() : r.error();
}

template <class Op, class Byte>
task<error> ask_transfer(place& p, handle_id id) {
  transfer_call<Op> asked(p.root.in(), id, std::span<Byte>(), 0u);
  const auto r = co_await asked;
  co_return r.first_error;
}

task<error> ask_file(place& p, op_kind k, handle_id id) {
  using enum op_kind;
  switch (k) {
    case nop:
      return ask<ops::nop>(p, id);
    case close:
      return ask<ops::close>(p, id);
    case read_at:
      return ask<ops::read_at>(p, id, std::span<std::byte>(), 0u);
    case write_at:
      return ask<ops::write_at>(p, id, std::span<const std::byte>(), 0u);
    case sync:
      return ask<ops::sync>(p, id, false);
    case sync_range:
      return ask<ops::sync_range>(p, id, 0, 0, range_sync::write);
    case truncate:
      return ask<ops::truncate>(p, id, 0);
    case allocate:
      return ask<ops::allocate>(p, id, allocate_mode::extend, 0, 1);
    case advise:
      return ask<ops::advise>(p, id, 0, 0, access_advice::normal);
    case cached:
      return ask<ops::cached>(p, id, 0, 1u);
    case copy_range:
      return ask<ops::copy_range>(p, id, 0, id, 0, 1u);
    case clone:
      return ask<ops::clone>(p, id, id);
    case seek_extent:
      return ask<ops::seek_extent>(p, id, 0, extent_kind::data);
    case readv_at:
      return ask<ops::readv_at>(p, id, std::span<const io_slice>(), 0u);
    case writev_at:
      return ask<ops::writev_at>(p, id, std::span<const io_slice>(), 0u);
    case lock:
      return ask<ops::lock>(p, id, lock_kind::shared, 0, 0, false);
    case stat_fs:
      return ask<ops::stat_fs>(p, id);
    default:
      return {};
  }
}

task<error> ask_name(place& p, op_kind k, handle_id id) {
  using enum op_kind;
  const path_ref name("probe");
  const path_ref attribute("user.probe");
  switch (k) {
    case open:
      return ask<ops::open>(p, id, name, open_mode::read, std::uint16_t{0600});
    case stat:
      return ask<ops::stat>(p, id, name, stat_mask::basic, lookup::follow);
    case set_mode:
      return ask<ops::set_mode>(p, id, name, std::uint16_t{0700}, lookup::follow);
    case set_owner:
      return ask<ops::set_owner>(p, id, name, UINT32_MAX, UINT32_MAX, lookup::follow);
    case set_times:
      return ask<ops::set_times>(p, id, name, time_change(), time_change(), lookup::follow);
    case mkdir:
      return ask<ops::mkdir>(p, id, name, std::uint16_t{0700});
    case unlink:
      return ask<ops::unlink>(p, id, name, false);
    case list_xattr:
      return ask<ops::list_xattr>(p, id, name, std::span<char>(), lookup::follow);
    case get_xattr:
      return ask<ops::get_xattr>(p, id, name, attribute, std::span<std::byte>(), lookup::follow);
    case set_xattr:
      return ask<ops::set_xattr>(p, id, name, attribute, std::span<const std::byte>(),
                                 ops::xattr_mode::set, lookup::follow);
    case remove_xattr:
      return ask<ops::remove_xattr>(p, id, name, attribute, lookup::follow);
    case rename:
      return ask<ops::rename>(p, id, name, id, name, rename_mode::replace);
    case link:
      return ask<ops::link>(p, id, name, id, name, lookup::follow);
    case symlink:
      return ask<ops::symlink>(p, id, name, name);
    case readlink:
      return ask<ops::readlink>(p, id, name, std::span<char>());
    case mknod:
      return ask<ops::mknod>(p, id, name, file_type::fifo, 0600, 0);
    default:
      return {};
  }
}

task<error> ask_stream(place& p, op_kind k, handle_id id) {
  using enum op_kind;
  switch (k) {
    case sleep:
      return ask<ops::sleep>(p, 1);
    case read:
      return ask<ops::read>(p, id, std::span<std::byte>());
    case write:
      return ask<ops::write>(p, id, std::span<const std::byte>());
    case readv:
      return ask<ops::readv>(p, id, std::span<const io_slice>());
    case writev:
      return ask<ops::writev>(p, id, std::span<const io_slice>());
    case entries:
      return ask<ops::entries>(p, id, std::span<std::byte>(), 0u, false);
    case read_segments:
      return ask_transfer<ops::read_segments, std::byte>(p, id);
    case write_segments:
      return ask_transfer<ops::write_segments, const std::byte>(p, id);
    case wait_signal:
      return ask<ops::wait_signal>(p, id);
    case wait_child:
      return ask<ops::wait_child>(p, id);
    default:
      return {};
  }
}

task<error> ask_socket(place& p, op_kind k, handle_id id) {
  using enum op_kind;
  const auto at = address::loopback(0);
  const std::span<const io_slice> nothing;
  switch (k) {
    case listen: return ask<ops::listen>(p, at, socket_settings());
    case connect: return ask<ops::connect>(p, at, socket_settings());
    case bind: return ask<ops::bind>(p, at, socket_settings());
    case accept: return ask<ops::accept>(p, id, nullptr);
    case accept_many: return ask<ops::accept_many>(p, id);
    case send_zc: return ask<ops::send_zc>(p, id, std::span<const std::byte>());
    case send_file: return ask<ops::send_file>(p, id, id, 0u, 0u);
    case splice_in: return ask<ops::splice_in>(p, id, id, 0u);
    case splice_out: return ask<ops::splice_out>(p, id, id, 0u);
    case send_message:
      return ask<ops::send_message>(p, id, nothing, nullptr, std::span<const handle* const>());
    case receive_message:
      return ask<ops::receive_message>(p, id, nothing, nullptr, std::span<handle>());
    case shutdown: return ask<ops::shutdown>(p, id, shutdown_side::both);
    case get_option: return ask<ops::get_option>(p, id, socket_option::no_delay);
    case set_option: return ask<ops::set_option>(p, id, socket_option::no_delay, 1);
    case socket_address: return ask<ops::socket_address>(p, id, false);
    case resolve: return ask<ops::resolve>(p, path_ref("127.0.0.1"), path_ref("1"), std::span<address>());
    default: return {};
  }
}

/// A pool belongs to whom it is asked for by.
task<error> ask_receive(place& p, handle_id id) {
  auto here = co_await this_task();
  buffer_pool pool(*here.home);
  call<ops::receive_many> asked(p.root.in(), id, pool);
  const auto r = co_await asked;
  co_return r ? error() : r.error();
}

}  // namespace

task<error> probe(place& p, op_kind k) {
  for (auto* family : {ask_file, ask_name, ask_stream, ask_socket}) {
    auto asked = family(p, k, p.root.id());
    if (!asked) continue;
    const error e = co_await std::move(asked);
    co_return e;
  }
  if (k == op_kind::receive_many) {
    auto asked = ask_receive(p, p.root.id());
    const error e = co_await std::move(asked);
    co_return e;
  }
  co_return error(errc::other);  // a kind without a probe: the register test tells
}

}  // namespace sluice::conformance
