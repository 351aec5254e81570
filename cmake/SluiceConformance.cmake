# sluice::conformance: the suite that every space and backend has to pass, for spaces of others, too.
sluice_glob(suite_sources RECURSE tests/conformance/cases/*.cpp tests/conformance/suite/*.cpp)
sluice_glob(suite_helpers tests/conformance/*helpers.cpp)
list(APPEND suite_sources ${suite_helpers})
add_library(sluice_conformance_cases STATIC ${suite_sources})
set_target_properties(sluice_conformance_cases PROPERTIES
  OUTPUT_NAME sluice_conformance EXPORT_NAME conformance_cases)
target_include_directories(sluice_conformance_cases PRIVATE tests)
sluice_test_code(sluice_conformance_cases)
sluice_precompile(sluice_conformance_cases)
target_link_libraries(sluice_conformance_cases
  PUBLIC sluice_library PRIVATE $<BUILD_INTERFACE:sluice_options>)

# Cases register themselves, and nobody names them: all of the archive has to be linked.
add_library(sluice_conformance INTERFACE)
add_library(sluice::conformance ALIAS sluice_conformance)
set_target_properties(sluice_conformance PROPERTIES EXPORT_NAME conformance)
target_link_libraries(sluice_conformance INTERFACE
  $<BUILD_INTERFACE:$<LINK_LIBRARY:WHOLE_ARCHIVE,sluice_conformance_cases>>
  $<INSTALL_INTERFACE:$<LINK_LIBRARY:WHOLE_ARCHIVE,sluice::conformance_cases>>)
