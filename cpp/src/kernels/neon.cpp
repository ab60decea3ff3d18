// NEON with its fused multiply-add, which every arm64 processor has: 32 registers of 16 bytes.
#define LSO_ISA neon
#define LSO_NEON_FMA
#define LSO_VECTOR_BYTES 16
#define LSO_TILE_ROWS 8
#define LSO_TILE_VECTORS 3
#define LSO_STRIPE_VECTORS 13
#include "kernels/table.inl"
