// How a long native loop asks Python whether to stop.
#pragma once

namespace lso::bindings {

// With the GIL: true when a signal handler raised KeyboardInterrupt, which is then cleared, since the caller hands back
// what it has; any other exception is thrown. Outside the main thread Python runs no handlers, and this is false.
[[nodiscard]] bool keyboard_interrupt();

}  // namespace lso::bindings
