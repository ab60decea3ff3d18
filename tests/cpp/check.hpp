// A small test harness: TEST registers a case, the CHECK macros record failures and go on, and the
// main function at the end runs the cases. One executable is built from each test_*.cpp.
#pragma once

#include <cmath>
#include <cstdio>
#include <exception>
#include <string>
#include <utility>
#include <vector>

namespace check {

struct Case {
  const char* name;
  void (*run)();
};

inline std::vector<Case>& cases() {
  static std::vector<Case> all;
  return all;
}

inline int& failures() {
  static int count = 0;
  return count;
}

inline int& checks() {
  static int count = 0;
  return count;
}

struct Registration {
  Registration(const char* name, void (*run)()) { cases().push_back({.name = name, .run = run}); }
};

inline void report(bool passed, const char* file, int line, const std::string& message) {
  ++checks();
  if (passed) return;
  ++failures();
  std::fprintf(stderr, "%s:%d: %s\n", file, line, message.c_str());
}

// Passes when |actual - expected| <= relative * |expected| + absolute. NaN never passes.
inline void close(double actual, double expected, double relative, double absolute, const char* text, const char* file,
                  int line) {
  const bool passed = actual == expected || std::abs(actual - expected) <= relative * std::abs(expected) + absolute;
  char numbers[96] = "";
  if (!passed) {
    std::snprintf(numbers, sizeof numbers, ": got %.17g, expected %.17g", actual, expected);
  }
  report(passed, file, line, text + std::string(numbers));
}

// Passes when `call` throws an Error whose message holds `part`.
template <typename Error, typename Call>
void throws(Call&& call, const std::string& part, const char* text, const char* file, int line) {
  try {
    std::forward<Call>(call)();
  } catch (const Error& error) {
    const std::string message = error.what();
    report(message.find(part) != std::string::npos, file, line,
           std::string(text) + ": the message lacks '" + part + "': " + message);
    return;
  } catch (const std::exception& error) {
    report(false, file, line, std::string(text) + ": another error: " + error.what());
    return;
  }
  report(false, file, line, std::string(text) + ": nothing was thrown");
}

inline int run_all() {
  for (const Case& test : cases()) {
    const int before = failures();
    try {
      test.run();
    } catch (const std::exception& error) {
      report(false, test.name, 0, std::string("unexpected exception: ") + error.what());
    }
    std::printf("%s %s\n", failures() == before ? "ok    " : "FAILED", test.name);
  }
  std::printf("%zu cases, %d checks, %d failures\n", cases().size(), checks(), failures());
  // An executable that checked nothing is a mistake, not a success.
  return failures() == 0 && checks() > 0 ? 0 : 1;
}

}  // namespace check

#define CHECK_JOIN_(a, b) a##b
#define CHECK_NAME_(prefix, line) CHECK_JOIN_(prefix, line)

#define TEST(name)                                                                                           \
  static void CHECK_NAME_(test_, __LINE__)();                                                                \
  static const check::Registration CHECK_NAME_(registration_, __LINE__){name, CHECK_NAME_(test_, __LINE__)}; \
  static void CHECK_NAME_(test_, __LINE__)()

#define CHECK(condition) check::report(static_cast<bool>(condition), __FILE__, __LINE__, #condition)

#define CHECK_CLOSE(actual, expected, relative, absolute)                                                         \
  check::close(static_cast<double>(actual), static_cast<double>(expected), relative, absolute, #actual, __FILE__, \
               __LINE__)

#define CHECK_THROWS(expression, error, part) \
  check::throws<error>([&] { static_cast<void>(expression); }, part, #expression, __FILE__, __LINE__)

int main() { return check::run_all(); }
