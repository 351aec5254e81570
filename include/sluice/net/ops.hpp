// The operations on sockets: arguments and results.
#pragma once

#include <cstdint>
#include <span>

#include "sluice/core/handle.hpp"
#include "sluice/core/items.hpp"
#include "sluice/core/path_ref.hpp"
#include "sluice/core/transfer.hpp"
#include "sluice/fs/types.hpp"
#include "sluice/net/address.hpp"
#include "sluice/net/buffer_pool.hpp"
#include "sluice/net/types.hpp"

namespace sluice::inline v0 {
class name_lookup;
}

namespace sluice::inline v0::ops {

template <op_kind Kind>
struct at_address : operation_of<Kind, handle_id> {
  at_address(space& s, const address& a, const socket_settings& h) noexcept
      : operation_of<Kind, handle_id>(s, 0), where(a), how(h) {}
  address where;
  socket_settings how;
};
struct listen : at_address<op_kind::listen> {
  using at_address::at_address;
};
/// While it is under way, `id` is that of the socket it made.
struct connect : at_address<op_kind::connect> {
  using at_address::at_address;
  bool begun = false;
};
struct bind : at_address<op_kind::bind> {
  using at_address::at_address;
};

struct accept : operation_of<op_kind::accept, handle_id> {
  accept(space& s, handle_id i, address* f) noexcept : operation_of(s, i), from(f) {}
  address* from;  // may be null
};
struct accept_many : item_operation<op_kind::accept_many, handle_id> {
  using item_operation::item_operation;
};

struct receive_many : item_operation<op_kind::receive_many, pooled_buffer> {
  receive_many(space& s, handle_id i, buffer_pool& p) noexcept : item_operation(s, i), pool(&p) {}
  buffer_pool* pool;
};

/// Gives the count as its one item when it is known, and ends when the buffer is free again.
struct send_zc : item_operation<op_kind::send_zc, std::size_t> {
  send_zc(space& s, handle_id i, std::span<const std::byte> b) noexcept
      : item_operation(s, i), buffer(b) {}
  std::span<const std::byte> buffer;
  std::size_t sent = 0;
};

struct send_file : operation_of<op_kind::send_file, std::size_t> {
  send_file(space& s, handle_id to, handle_id from, std::uint64_t o, std::size_t n) noexcept
      : operation_of(s, to), source_id(from), offset(o), size(n) {}
  transfer_result outcome() const noexcept {
    return {value, size, failure, !failure && value < size};
  }
  handle_id source_id;
  std::uint64_t offset;
  std::size_t size;
  std::size_t done = 0;
};

/// Between a stream, which is waited for, and another handle; one of them is a pipe.
template <op_kind Kind>
struct splice_with : operation_of<Kind, std::size_t> {
  static constexpr std::uint64_t no_offset = ~std::uint64_t{0};

  splice_with(space& s, handle_id stream, handle_id with, std::size_t n,
              std::uint64_t at = no_offset) noexcept
      : operation_of<Kind, std::size_t>(s, stream), other_id(with), size(n), offset(at) {}
  handle_id other_id;
  std::size_t size;
  std::uint64_t offset;  // in the other, where that is a file
};
struct splice_in : splice_with<op_kind::splice_in> {
  using splice_with::splice_with;
};
struct splice_out : splice_with<op_kind::splice_out> {
  using splice_with::splice_with;
};

inline constexpr std::size_t handles_per_message = 16;

/// Room for what the system wants to be told of a message.
struct message_room {
  alignas(8) std::byte header[56];
  alignas(8) std::byte control[16 + 4 * handles_per_message];
};

struct send_message : operation_of<op_kind::send_message, std::size_t> {
  send_message(space& s, handle_id i, std::span<const io_slice> v, const address* a,
               std::span<const handle* const> h) noexcept
      : operation_of(s, i), slices(v), to(a), handles(h) {}
  std::span<const io_slice> slices;
  const address* to;  // null: to whom it is connected
  std::span<const handle* const> handles;
  message_room room;
};

struct message_arrived {
  std::size_t size = 0;
  std::size_t handles = 0;   // that came with it
  bool truncated = false;    // it was longer than the buffer; the rest is lost
  bool handles_lost = false; // more came than there was room for; the rest is closed
};

struct receive_message : operation_of<op_kind::receive_message, message_arrived> {
  receive_message(space& s, handle_id i, std::span<const io_slice> v, address* a,
                  std::span<handle> h) noexcept
      : operation_of(s, i), slices(v), from(a), handles(h) {}
  std::span<const io_slice> slices;
  address* from;  // may be null
  std::span<handle> handles;
  message_room room;
};

struct shutdown : operation_of<op_kind::shutdown, void> {
  shutdown(space& s, handle_id i, shutdown_side w) noexcept : operation_of(s, i), which(w) {}
  shutdown_side which;
};

struct get_option : operation_of<op_kind::get_option, int> {
  get_option(space& s, handle_id i, socket_option o) noexcept : operation_of(s, i), option(o) {}
  socket_option option;
};
struct set_option : operation_of<op_kind::set_option, void> {
  set_option(space& s, handle_id i, socket_option o, int to) noexcept
      : operation_of(s, i), option(o), wanted(to) {}
  socket_option option;
  int wanted;
};

struct socket_address : operation_of<op_kind::socket_address, address> {
  socket_address(space& s, handle_id i, bool p) noexcept : operation_of(s, i), peer(p) {}
  bool peer;
};

/// Look-ups of names; the value is how many addresses there are in `into`. While one is under way, `id`
/// is that of what tells of its answer.
struct resolve : operation_of<op_kind::resolve, std::size_t> {
  resolve(space& s, path_ref h, path_ref p, std::span<address> i) noexcept
      : operation_of(s, 0), host(h), service(p), into(i) {}
  path_ref host, service;
  std::span<address> into;
  name_lookup* under_way = nullptr;  // of those who carry it out
};

}  // namespace sluice::inline v0::ops
