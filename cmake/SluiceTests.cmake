# Every test is found by its place; `ctest --print-labels` lists the kinds. Exit code 77 means
# skipped, everywhere.
include(GoogleTest)
find_package(GTest REQUIRED)
find_package(Python3 REQUIRED COMPONENTS Interpreter)

set(tests_dir "${PROJECT_SOURCE_DIR}/tests")

# What the sanitizer builds build; it may be empty.
add_custom_target(gtest_programs)

# sluice_gtest(<target> <label> <sources>...): one GoogleTest program, each case a test of its own; where
# SLUICE_TEST_SUITES is set each suite.
function(sluice_gtest target label)
  if(NOT ARGN)
    return()
  endif()
  add_executable(${target} ${ARGN})
  add_dependencies(gtest_programs ${target})
  target_include_directories(${target} PRIVATE "${tests_dir}" "${PROJECT_SOURCE_DIR}/src")
  target_link_libraries(${target} PRIVATE
    sluice::sluice GTest::gtest_main sluice_options)
  if(NOT label STREQUAL "sim")
    sluice_test_code(${target})
  endif()
  list(LENGTH ARGN count)
  if(count GREATER 5)
    sluice_precompile(${target} <gtest/gtest.h>)
  endif()
  if(SLUICE_TEST_SUITES)
    set(suites "${PROJECT_BINARY_DIR}/${target}_suites.cmake")
    file(GENERATE OUTPUT "${suites}" CONTENT "set(program \"$<TARGET_FILE:${target}>\")
set(label ${label})
include(\"${PROJECT_SOURCE_DIR}/cmake/SluiceSuites.cmake\")
")
    set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES "${suites}")
    return()
  endif()
  gtest_discover_tests(${target} TEST_PREFIX "${label}." DISCOVERY_MODE PRE_TEST
    DISCOVERY_TIMEOUT 120 PROPERTIES LABELS ${label} TIMEOUT 300 SKIP_RETURN_CODE 77)
endfunction()

# sluice_command_test(<name> LABEL <label> COMMAND ... [ENVIRONMENT ...] [TIMEOUT <seconds>])
function(sluice_command_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "LABEL;TIMEOUT" "COMMAND;ENVIRONMENT")
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 300)
  endif()
  set(folder "${PROJECT_BINARY_DIR}/test_runs/${name}")
  file(MAKE_DIRECTORY "${folder}")
  add_test(NAME ${name} COMMAND ${arg_COMMAND} WORKING_DIRECTORY "${folder}")
  set_tests_properties(${name} PROPERTIES LABELS "${arg_LABEL}" TIMEOUT "${arg_TIMEOUT}"
    SKIP_RETURN_CODE 77 ENVIRONMENT "PYTHONDONTWRITEBYTECODE=1;${arg_ENVIRONMENT}")
endfunction()

# sluice_programs(<label> <pattern>): each file a program, built, and run as a test: it exits with 0,
# and prints what its source says after "// Output: ". One that needs something which is not here,
# ${<name>_lacks}, is a test that is skipped and says so; ${<name>_needs} is linked.
function(sluice_programs label pattern)
  sluice_glob(sources ${pattern})
  foreach(source IN LISTS sources)
    cmake_path(GET source STEM name)
    set(run "${Python3_EXECUTABLE}" "${tests_dir}/run_program.py" "${source}")
    if(${name}_lacks)
      sluice_command_test(${label}.${name} LABEL ${label} COMMAND ${run} --lacks "${${name}_lacks}")
      continue()
    endif()
    add_executable(${label}_${name} ${source})
    set_target_properties(${label}_${name} PROPERTIES
      RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/${label}")
    target_link_libraries(${label}_${name} PRIVATE
      sluice::sluice sluice_options ${${name}_needs})
    sluice_command_test(${label}.${name} LABEL ${label}
      COMMAND ${run} "$<TARGET_FILE:${label}_${name}>")
  endforeach()
endfunction()

# sluice_scripts(<label> <folder> <timeout> [<environment>...]): each *.py and *.sh is a test of the
# tool, $SLUICE.
function(sluice_scripts label folder timeout)
  sluice_glob(scripts ${folder}/*.py ${folder}/*.sh)
  foreach(script IN LISTS scripts)
    cmake_path(GET script FILENAME name)
    # A leading underscore marks a helper that other scripts use.
    if(TARGET sluice AND NOT name MATCHES "^_")
      set(interpreter bash)
      if(name MATCHES "\\.py$")
        set(interpreter "${Python3_EXECUTABLE}")
      endif()
      sluice_command_test(${label}.${name} LABEL ${label} TIMEOUT ${timeout}
        COMMAND ${interpreter} "${script}"
        ENVIRONMENT "SLUICE=$<TARGET_FILE:sluice>" "SLUICE_SOURCE_DIR=${PROJECT_SOURCE_DIR}"
          ${ARGN})
    endif()
  endforeach()
endfunction()

sluice_glob(unit_sources RECURSE tests/unit/*.cpp)
sluice_gtest(unit_tests unit ${unit_sources})
target_link_libraries(unit_tests PRIVATE sluice::http)

sluice_glob(conformance_sources tests/conformance/*.cpp)
list(REMOVE_ITEM conformance_sources ${suite_sources})
sluice_gtest(conformance_tests conformance ${conformance_sources})
target_link_libraries(conformance_tests PRIVATE sluice::conformance)

# Of the suite itself. What is wrong on purpose may leave operations under way that never end, so it
# has a program of its own.
sluice_glob(wrong_sources tests/conformance/wrong/*.cpp)
sluice_gtest(suite_tests conformance ${wrong_sources} "${tests_dir}/conformance/place.cpp"
  "${tests_dir}/conformance/places_virtual.cpp")
target_link_libraries(suite_tests PRIVATE sluice::conformance)

sluice_glob(sim_sources RECURSE tests/sim/*.cpp)
sluice_gtest(sim_tests sim ${sim_sources})

# What is known of HTTP beside Python's library.
add_executable(http_answers tests/http/answers.cpp)
target_link_libraries(http_answers PRIVATE sluice::http sluice_options)
sluice_command_test(http.oracle LABEL http
  COMMAND "${Python3_EXECUTABLE}" "${tests_dir}/http/oracle_test.py" "$<TARGET_FILE:http_answers>")

# Fuzz targets: with libFuzzer where SLUICE_FUZZ is set (`make fuzz`), else each as a test that runs its
# corpus and some mutations.
sluice_glob(fuzz_sources tests/fuzz/*.cpp)
add_custom_target(fuzz_programs)
foreach(source IN LISTS fuzz_sources)
  cmake_path(GET source STEM name)
  add_executable(fuzz_${name} ${source})
  add_dependencies(fuzz_programs fuzz_${name})
  target_include_directories(fuzz_${name} PRIVATE "${tests_dir}")
  target_link_libraries(fuzz_${name} PRIVATE sluice::http sluice_options)
  set_target_properties(fuzz_${name} PROPERTIES
    OUTPUT_NAME ${name} RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/fuzz")
  if(SLUICE_FUZZ)
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
  else()
    target_sources(fuzz_${name} PRIVATE "${tests_dir}/fuzz/driver/replay.cpp")
    sluice_command_test(fuzz.${name} LABEL fuzz
      COMMAND "$<TARGET_FILE:fuzz_${name}>" "${tests_dir}/fuzz/corpus/${name}" 50000)
  endif()
endforeach()
add_dependencies(gtest_programs fuzz_programs)

# Budgets: counts that may not grow. Each *_test.cpp is a program of its own, because some replace
# malloc; the other programs are what the scripts measure. They hold for optimised code.
if(CMAKE_BUILD_TYPE STREQUAL "Release" AND NOT CMAKE_CXX_FLAGS MATCHES "-fsanitize")
  sluice_glob(budget_sources tests/budget/*.cpp)
  foreach(source IN LISTS budget_sources)
    cmake_path(GET source STEM name)
    if(name MATCHES "_test$")
      sluice_gtest(budget_${name} budget ${source})
      target_link_libraries(budget_${name} PRIVATE sluice::http)
    else()
      add_executable(budget_${name} ${source})
      target_link_libraries(budget_${name} PRIVATE
        sluice::sluice sluice::http PkgConfig::liburing sluice_options)
      set_target_properties(budget_${name} PROPERTIES
        OUTPUT_NAME ${name} RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/budget")
    endif()
  endforeach()
  sluice_glob(budget_scripts tests/budget/*_test.py)
  foreach(script IN LISTS budget_scripts)
    cmake_path(GET script STEM name)
    sluice_command_test(budget.${name} LABEL budget
      COMMAND "${Python3_EXECUTABLE}" "${script}" "${PROJECT_BINARY_DIR}/budget")
  endforeach()
endif()

# What single examples need besides. Without, their tests are skipped.
pkg_check_modules(libuv IMPORTED_TARGET libuv)
if(libuv_FOUND)
  set(foreign_uv_needs PkgConfig::libuv)
else()
  set(foreign_uv_lacks "libuv (Debian: libuv1-dev)")
endif()
find_path(boost_asio_dir boost/asio.hpp)
if(boost_asio_dir)
  add_library(boost_asio INTERFACE)
  target_include_directories(boost_asio SYSTEM INTERFACE "${boost_asio_dir}")
  target_link_libraries(boost_asio INTERFACE Threads::Threads)
  set(foreign_asio_needs boost_asio)
else()
  set(foreign_asio_lacks "Boost.Asio (Debian: libboost-dev)")
endif()
sluice_programs(example examples/*.cpp)
sluice_programs(guide docs/guide/*.cpp)
sluice_scripts(tools tests/tools 300)
# What takes longest begins first: begun last, it would be waited for alone. In seconds, about.
foreach(long serve_faults=80 cp=60 backends=50 serve_http=40 cp_own=30 serve_drain=30 du_cost=30 cp_kill=25 serve_slow=20
        du_options=20 cp_signals=20)
  string(REGEX MATCH "(.*)=(.*)" _ "${long}")
  if(TEST tools.${CMAKE_MATCH_1}_test.py)
    set_tests_properties(tools.${CMAKE_MATCH_1}_test.py PROPERTIES COST ${CMAKE_MATCH_2})
  endif()
endforeach()
# Once so that all of them take a minute, and, by `make test-file-systems`, with everything.
sluice_scripts(file_systems tests/file_systems 300)
sluice_scripts(file_systems_large tests/file_systems 1800 SLUICE_TEST_SIZE=large)
# Needs a large tree and minutes, so `make test` leaves the label out.
sluice_scripts(linux_tree tests/linux_tree 1200)

if(TARGET header_selfcheck AND SLUICE_HEADER_SELFCHECK)
  sluice_command_test(header_selfcheck LABEL headers
    COMMAND "${CMAKE_COMMAND}" --build "${PROJECT_BINARY_DIR}" --target header_selfcheck)
endif()

foreach(check tidy tidy_selftest)
  sluice_command_test(tidy.${check} LABEL tidy
    COMMAND "${Python3_EXECUTABLE}" "${tests_dir}/tidy/${check}.py")
endforeach()

foreach(half core link)
  sluice_command_test(freestanding.${half} LABEL freestanding
    COMMAND "${Python3_EXECUTABLE}" "${tests_dir}/freestanding/check_${half}.py")
endforeach()

foreach(way cmake core conformance pkgconfig)
  sluice_command_test(package.${way} LABEL package
    COMMAND "${Python3_EXECUTABLE}" "${tests_dir}/package/check_package.py" ${way}
      --cmake "${CMAKE_COMMAND}" --build-dir "${PROJECT_BINARY_DIR}"
      --compiler "${CMAKE_CXX_COMPILER}" "--flags=${CMAKE_CXX_FLAGS}")
endforeach()
