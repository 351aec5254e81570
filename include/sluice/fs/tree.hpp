// A tree in one call: copy it, walk it. copy.hpp and walk.hpp have all that can be asked for.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "sluice/fs/copy.hpp"
#include "sluice/fs/walk.hpp"

namespace sluice::inline v0::fs {

/// What comes closest to the source, as `cp -a`: links stay links, holes stay holes, several names of a
/// file stay several, and mode, owner, times and extended attributes are kept as far as that is allowed.
copy_options faithful();

/// Copies what `source` names in `from`, a file or a whole tree, to the name `target` in `to`; where a
/// directory has that name already, it is merged into. The two may lie in different spaces. Uses all
/// cores, on threads of its own and the calling one, which must run no loop, and returns when all is done.
///
/// The problems, in any order, are what could not be done, without which the copy went on, and warnings:
/// it is whole if none of them is a `failure`. Throws std::bad_alloc, and std::system_error where there
/// can be no loop at all.
///
/// `how.stop` ends it early, from any thread. Nobody can be asked about what stands there: with
/// overwrite_mode::ask it stays.
std::vector<copy_problem> copy_tree(const dir& from, const std::string& source, const dir& to,
                                    const std::string& target, const copy_options& how = faithful());

/// Something that a walk has come to.
struct walked {
  const walk_dir* in;       // the directory that it lies in; null for the root itself
  path_ref name;            // there, or the root's path
  const file_status& status;

  unsigned depth() const noexcept { return in != nullptr ? in->depth + 1 : 0; }
  std::string path() const;
};

/// What a walk could not open, read or ask about. It went on without it.
struct walk_problem {
  std::string path;
  walk_step step;
  error why;
};

/// Calls `visit` for what `path` names in `base` and for everything below it, a directory before what
/// lies in it; returning false for a directory keeps the walk out of it. On all cores: `visit` is called
/// from several threads at the same time, and what it is given is valid during the call. It must not
/// block on a loop; what it throws, the walk throws when it has ended. With `how.follow`, a link that leads
/// back to a directory above it is a problem, errc::too_many_links, and not visited.
///
/// Threads and exceptions are as for copy_tree. Of `how`, status_of_all and filtered are not looked at.
std::vector<walk_problem> walk(const dir& base, const std::string& path,
                               const std::function<bool(const walked&)>& visit,
                               const walk_options& how = walk_options());

}  // namespace sluice::inline v0::fs
