#include "fs/copy/context.hpp"

#include "fs/copy/journal.hpp"

namespace sluice::inline v0::copying {

context::context(const copy_options& o, const dir& base, copy_listener& l)
    : options(o), target_base(base), listener(l) {}

context::~context() = default;

}  // namespace sluice::inline v0::copying
