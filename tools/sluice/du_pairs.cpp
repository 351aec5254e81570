// Options of du that don't go together.
#include "du_options.hpp"
#include "pairs.hpp"

namespace sluice::tool {

namespace {

using named = named_option<du_given>;

constexpr named json{"--json", &du_given::json};

constexpr option_pair<du_given> pairs[] = {
    // Objects are lines,
    {json, {"--null", &du_given::null}},
    // their sizes are bytes,
    {json, {"--block-size", &du_given::block_size}},
    {json, {"--human-readable", &du_given::human_readable}},
    {json, {"--si", &du_given::si}},
    // and their times have one form.
    {json, {"--time-style", &du_given::time_style}},
};

}  // namespace

std::string wrong_du_pair(const du_given& g) { return wrong_pair<du_given>(pairs, g); }

std::string du_pairs_for_help() { return table_of<du_given>(pairs); }

}  // namespace sluice::tool
