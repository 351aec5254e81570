#include "fs/copy/context.hpp"

#include "fs/copy/journal.hpp"

namespace sluice::inline v0::copying {

context::context(const copy_options& o, std::span<const copy_operand> operands, const dir& base,
                 copy_listener& l, unsigned workers)
    : options(o),
      target_base(base),
      listener(l),
      flow(o),
      supposed(o, operands),
      targets(base),
      lanes(workers) {
  // Where nothing is written there is nothing to keep.
  if (o.dry_run) options.durable = options.verify = options.resume = false;
}

context::~context() = default;

bool context::was_linked(const file_status& s) {
  if (s.device == rehearsal::no_device) return true;
  if (journal && journal->made_before(s)) return true;
  const std::lock_guard lock(noting_);
  return linked_.contains(identity_of(s));
}

}  // namespace sluice::inline v0::copying
