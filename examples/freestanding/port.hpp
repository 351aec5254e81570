#pragma once

/// Of device.cpp.
int use_the_disk() noexcept;
