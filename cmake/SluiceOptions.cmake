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
  -Wno-missing-field-initializers)
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

# The tool starts faster with fewer libraries to load. A sanitizer has to see the shared runtime.
add_library(sluice_tool_options INTERFACE)
target_link_libraries(sluice_tool_options INTERFACE sluice_options)
if(NOT CMAKE_CXX_FLAGS MATCHES "-fsanitize")
  target_link_options(sluice_tool_options INTERFACE -static-libstdc++ -static-libgcc)
endif()
