#pragma once

#include <string>

#include "sluice/fs/types.hpp"

namespace sluice::tool {

/// Appends the local time as `date` formats it: strftime's directives, %N, %:z and its likes. A time
/// that has no year is complained about, and becomes its seconds.
void append_time(std::string& to, const std::string& format, timestamp when);

/// In UTC: "2026-11-21T08:15:30.123456789Z"; empty where there is no such year.
std::string iso_time(timestamp when);

}  // namespace sluice::tool
