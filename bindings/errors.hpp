// Errors of arguments, as Python's ArgumentError and ArgumentTypeError with their parts.
#pragma once

#include <string>

namespace lso::bindings {

// "argument: expected ..., got ...". Holds the GIL.
[[noreturn]] void refuse(const std::string& argument, const std::string& expected, const std::string& got);

// What the engine throws as std::invalid_argument in the same words becomes the same error.
void translate_errors();

}  // namespace lso::bindings
