// SSE2 on x86-64, NEON on arm64: what every such processor has.
#define LSO_ISA baseline
#define LSO_VECTOR_BYTES 16
#ifdef __aarch64__  // 32 registers
#define LSO_TILE_ROWS 8
#define LSO_TILE_VECTORS 3
#else  // 16
#define LSO_TILE_ROWS 6
#define LSO_TILE_VECTORS 2
#endif
#define LSO_STRIPE_VECTORS 13
#include "kernels/table.inl"
