// AVX-512: 32 registers of 64 bytes.
#define LSO_ISA avx512
#define LSO_VECTOR_BYTES 64
#define LSO_TILE_ROWS 8
#define LSO_TILE_VECTORS 3
#define LSO_STRIPE_VECTORS 14
#include "kernels/table.inl"
