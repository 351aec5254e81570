# sluice_glob(<variable> [RECURSE] <pattern>...): the files that match, relative to the project.
# A folder that does not exist gives an empty list; a new file makes the next build configure again.
function(sluice_glob variable)
  cmake_parse_arguments(PARSE_ARGV 1 arg "RECURSE" "" "")
  set(mode GLOB)
  if(arg_RECURSE)
    set(mode GLOB_RECURSE)
  endif()
  list(TRANSFORM arg_UNPARSED_ARGUMENTS PREPEND "${PROJECT_SOURCE_DIR}/")
  file(${mode} found CONFIGURE_DEPENDS ${arg_UNPARSED_ARGUMENTS})
  set(${variable} "${found}" PARENT_SCOPE)
endfunction()
