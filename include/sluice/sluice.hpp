// Everything that programs against Sluice usually want.
#pragma once

#include "sluice/core/channel.hpp"
#include "sluice/core/for_each.hpp"
#include "sluice/core/on.hpp"
#include "sluice/core/scope.hpp"
#include "sluice/core/task.hpp"
#include "sluice/core/when.hpp"
#include "sluice/describe.hpp"
#include "sluice/fs/dir.hpp"
#include "sluice/fs/file.hpp"
#include "sluice/io/process.hpp"
#include "sluice/io/stream.hpp"
#include "sluice/loop.hpp"
#include "sluice/sync.hpp"
#include "sluice/system.hpp"
#include "sluice/version.hpp"
