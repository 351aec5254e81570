# Read by ctest, not by CMake: each suite of ${program}, a GoogleTest program, becomes one test of
# ${label}. What it prints names the case that failed, or that never ended.
if(NOT EXISTS "${program}")
  add_test("${label}_NOT_BUILT" "${program}")
  return()
endif()
execute_process(COMMAND "${program}" --gtest_list_tests
  OUTPUT_VARIABLE listed RESULT_VARIABLE status TIMEOUT 120)
if(NOT status EQUAL 0)
  message(FATAL_ERROR "${program} does not list its cases (${status}):\n${listed}")
endif()

# "Suite." and, below it, "  Case"; what follows a # is for people.
string(REGEX REPLACE " +#[^\n]*" "" listed "${listed}")
string(REPLACE "\n" ";" listed "${listed}")
set(suites "")
foreach(line IN LISTS listed)
  if(line MATCHES "^([^ ]+)\\.$")
    set(suite "${CMAKE_MATCH_1}")
    list(APPEND suites "${suite}")
    set("cases_of_${suite}" 0)
  elseif(line MATCHES "^  ")
    math(EXPR "cases_of_${suite}" "${cases_of_${suite}} + 1")
  endif()
endforeach()

# Those of many cases begin first: one of them alone at the end would leave a processor idle.
foreach(suite IN LISTS suites)
  if(label STREQUAL "sim")  # each case is thousands of worlds
    math(EXPR "cases_of_${suite}" "${cases_of_${suite}} * 100")
  endif()
  add_test("${label}.${suite}" "${program}" "--gtest_filter=${suite}.*")
  set_tests_properties("${label}.${suite}" PROPERTIES
    LABELS "${label}" TIMEOUT 300 COST "${cases_of_${suite}}")
endforeach()
