# Flags for our own targets only: nothing here reaches a consumer of the installed library.

if(PROJECT_IS_TOP_LEVEL)
  if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "build type" FORCE)
  endif()
  set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
  find_program(SLUICE_CCACHE ccache)
  if(SLUICE_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    set(CMAKE_CXX_COMPILER_LAUNCHER "${SLUICE_CCACHE}")
  endif()
endif()

add_library(sluice_options INTERFACE)
target_compile_options(sluice_options INTERFACE
  -Wall -Wextra -Wpedantic
  # Option structs are meant to be filled by name and in part; the rest has defaults.
  -Wno-missing-field-initializers
  # A program that links with --gc-sections gets what it uses and no more.
  -ffunction-sections -fdata-sections)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 reports both falsely on coroutine frames.
  target_compile_options(sluice_options INTERFACE
    -Wno-maybe-uninitialized -Wno-mismatched-new-delete)
endif()
if(SLUICE_WERROR)
  target_compile_options(sluice_options INTERFACE -Werror)
endif()

if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  include(CheckLinkerFlag)
  check_linker_flag(CXX -fuse-ld=lld SLUICE_HAVE_LLD)
  if(SLUICE_HAVE_LLD)
    target_link_options(sluice_options INTERFACE -fuse-ld=lld)
  endif()
endif()

# The tool is started as often as cp, and to load libraries takes longer than to copy a small file: where
# the C library is there as an archive it loads none, and still lies at another address each time. A
# sanitizer has to see the shared runtime.
add_library(sluice_tool_options INTERFACE)
target_link_libraries(sluice_tool_options INTERFACE sluice_options)
set(SLUICE_TOOL_IS_STATIC OFF)
if(NOT CMAKE_CXX_FLAGS MATCHES "-fsanitize")
  include(CheckCXXSourceCompiles)
  set(CMAKE_REQUIRED_LINK_OPTIONS -static-pie)
  check_cxx_source_compiles("#include <thread>
    int main() { std::thread([] {}).join(); }" SLUICE_HAVE_STATIC_PIE)
  unset(CMAKE_REQUIRED_LINK_OPTIONS)
  find_library(SLUICE_LIBURING_ARCHIVE NAMES liburing.a)
  mark_as_advanced(SLUICE_LIBURING_ARCHIVE)
  target_link_options(sluice_tool_options INTERFACE -Wl,--gc-sections)
  if(SLUICE_STATIC_TOOL AND SLUICE_HAVE_STATIC_PIE AND SLUICE_LIBURING_ARCHIVE)
    set(SLUICE_TOOL_IS_STATIC ON)
  else()
    target_link_options(sluice_tool_options INTERFACE
      -static-libstdc++ -static-libgcc -Wl,--as-needed)
    target_link_libraries(sluice_tool_options INTERFACE -Wl,-Bstatic -lm -Wl,-Bdynamic)
  endif()
endif()
