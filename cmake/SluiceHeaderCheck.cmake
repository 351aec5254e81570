# header_selfcheck: every public header is the first and only include of a translation unit, twice,
# so a header that leans on another one's includes, or lacks its guard, does not compile.
sluice_glob(public_headers RECURSE include/*.hpp)
set(selfcheck_sources "")
foreach(header IN LISTS public_headers)
  file(RELATIVE_PATH name "${PROJECT_SOURCE_DIR}/include" "${header}")
  set(source "${PROJECT_BINARY_DIR}/header_selfcheck/${name}.cpp")
  file(CONFIGURE OUTPUT "${source}" CONTENT "#include <${name}>\n#include <${name}>\n")
  list(APPEND selfcheck_sources "${source}")
endforeach()
if(selfcheck_sources)
  add_library(header_selfcheck OBJECT ${selfcheck_sources})
  target_link_libraries(header_selfcheck PRIVATE sluice_core sluice_options)
  target_compile_options(header_selfcheck PRIVATE -O0)
  set_target_properties(header_selfcheck PROPERTIES
    EXCLUDE_FROM_ALL $<NOT:$<BOOL:${SLUICE_HEADER_SELFCHECK}>>)
endif()
