// Operations that give more than one thing before they end: items, and then exactly one end.
#pragma once

#include "sluice/core/operation.hpp"

namespace sluice::inline v0 {

/// Takes the items of an operation, on the home driver's thread, in the middle of whatever completes
/// things: it must not block, throw or end the operation. It tells whether there is room for another
/// one. Without room the operation soon ends, without an error; whoever carries it out keeps for its
/// next submission what it could not help getting meanwhile, or, where items have room of their own
/// (buffers of a pool), lets the sink take them.
template <class Item>
struct item_sink {
  bool (*take)(item_sink&, Item) noexcept = nullptr;
  bool (*room)(const item_sink&) noexcept = nullptr;
};

enum class items_end : std::uint8_t {
  no_room,  // of the sink; or it was a good moment: submitted again, it goes on
  ended,    // there will be no more
  starved   // no buffer to put an item into
};

template <op_kind Kind, class Item>
struct item_operation : operation_of<Kind, items_end> {
  using item_type = Item;
  item_operation(space& s, handle_id i) noexcept : operation_of<Kind, items_end>(s, i) {}
  item_sink<Item>* sink = nullptr;

  bool give(Item item) noexcept { return sink->take(*sink, static_cast<Item&&>(item)); }
  bool has_room() const noexcept { return sink->room(*sink); }
};

}  // namespace sluice::inline v0
