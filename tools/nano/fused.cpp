// Batch norm with activation and depthwise convolution for training on one thread of an AVX-512 CPU.
// Arrays are bfloat16 in [N, H, W, C] order; parameters and statistics are float.
#include <immintrin.h>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <algorithm>
#include <vector>

typedef uint16_t bf16;

static inline __m512 widen(__m256i v) { return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(v), 16)); }
static inline __m512 load(const bf16* p) { return widen(_mm256_loadu_si256((const __m256i*)p)); }
static inline void store(bf16* p, __m512 v) { _mm256_storeu_si256((__m256i*)p, (__m256i)_mm512_cvtneps_pbh(v)); }
// Channels come in sixteens, or in eights at the end of a row (masked 16-bit stores are slow).
static inline __m512 load(const bf16* p, bool half) {
  return half ? widen(_mm256_zextsi128_si256(_mm_loadu_si128((const __m128i*)p))) : load(p);
}
static inline void store(bf16* p, bool half, __m512 v) {
  if (half) _mm_storeu_si128((__m128i*)p, _mm256_castsi256_si128((__m256i)_mm512_cvtneps_pbh(v)));
  else store(p, v);
}
static inline __m512 loadf(const float* p, bool half) {
  return half ? _mm512_zextps256_ps512(_mm256_loadu_ps(p)) : _mm512_loadu_ps(p);
}
static inline void storef(float* p, bool half, __m512 v) {
  if (half) _mm256_storeu_ps(p, _mm512_castps512_ps256(v));
  else _mm512_storeu_ps(p, v);
}

// The gradient where an activation that clamps z to low..high lets it through, 0 elsewhere.
static inline __m512 live(__m512 gradient, __m512 z, __m512 low, __m512 high) {
  __mmask16 inside = _mm512_cmp_ps_mask(z, low, _CMP_GT_OQ) & _mm512_cmp_ps_mask(z, high, _CMP_LT_OQ);
  return _mm512_maskz_mov_ps(inside, gradient);
}

static const int BLOCK = 8, FLUSH = 512;

extern "C" {

// act: 0 none, 1 clamp to 0..6, 2 clamp below at 0.
void norm_forward(const bf16* x, bf16* y, long rows, int C, const float* weight, const float* bias,
                  float* running_mean, float* running_var, float momentum, float eps, int act,
                  float* mean, float* inverse) {
  const int channels = C;
  if (C % 16) C *= 2, rows /= 2;
  std::vector<float> sum(C), square(C), scale(C), shift(C);
  std::vector<double> total(C), total2(C);
  for (long r0 = 0; r0 < rows; r0 += FLUSH) {
    long r1 = r0 + FLUSH < rows ? r0 + FLUSH : rows;
    std::fill(sum.begin(), sum.end(), 0.f);
    std::fill(square.begin(), square.end(), 0.f);
    for (long r = r0; r < r1; r += BLOCK) {
      int n = r1 - r < BLOCK ? r1 - r : BLOCK;
      for (int c = 0; c < C; c += 16) {
        __m512 s = _mm512_loadu_ps(&sum[c]), q = _mm512_loadu_ps(&square[c]);
        const bf16* p = x + r * C + c;
        for (int i = 0; i < n; i++, p += C) {
          __m512 v = load(p);
          s = _mm512_add_ps(s, v);
          q = _mm512_fmadd_ps(v, v, q);
        }
        _mm512_storeu_ps(&sum[c], s);
        _mm512_storeu_ps(&square[c], q);
      }
    }
    for (int c = 0; c < C; c++) { total[c] += sum[c]; total2[c] += square[c]; }
  }
  const double count = (double)rows * C / channels;
  for (int c = channels; c < C; c++) total[c - channels] += total[c], total2[c - channels] += total2[c];
  for (int c = 0; c < channels; c++) {
    double mu = total[c] / count, var = total2[c] / count - mu * mu;
    if (var < 0) var = 0;
    mean[c] = mu;
    inverse[c] = 1 / std::sqrt(var + eps);
    running_mean[c] += momentum * (mu - running_mean[c]);
    running_var[c] += momentum * (var * count / (count - 1) - running_var[c]);
    scale[c] = inverse[c] * weight[c];
    shift[c] = bias[c] - mu * scale[c];
  }
  for (int c = channels; c < C; c++) scale[c] = scale[c - channels], shift[c] = shift[c - channels];
  __m512 low = _mm512_set1_ps(act ? 0.f : -INFINITY), high = _mm512_set1_ps(act == 1 ? 6.f : INFINITY);
  for (long r = 0; r < rows; r += BLOCK) {
    int n = rows - r < BLOCK ? rows - r : BLOCK;
    for (int c = 0; c < C; c += 16) {
      __m512 s = _mm512_loadu_ps(&scale[c]), b = _mm512_loadu_ps(&shift[c]);
      const bf16* p = x + r * C + c;
      bf16* o = y + r * C + c;
      for (int i = 0; i < n; i++, p += C, o += C)
        store(o, _mm512_min_ps(_mm512_max_ps(_mm512_fmadd_ps(load(p), s, b), low), high));
    }
  }
}

void norm_backward(const bf16* x, const bf16* dy, bf16* dx, long rows, int C, const float* weight,
                   const float* bias, const float* mean, const float* inverse, int act,
                   float* dweight, float* dbias) {
  const int channels = C;
  if (C % 16) C *= 2, rows /= 2;
  std::vector<float> sum(C), dot(C), scale(C), shift(C), a(C), b(C);
  std::vector<double> total(C), total2(C);
  for (int c = 0; c < C; c++) {
    int k = c % channels;
    scale[c] = inverse[k] * weight[k];
    shift[c] = bias[k] - mean[k] * scale[c];
  }
  __m512 low = _mm512_set1_ps(act ? 0.f : -INFINITY), high = _mm512_set1_ps(act == 1 ? 6.f : INFINITY);
  for (long r0 = 0; r0 < rows; r0 += FLUSH) {
    long r1 = r0 + FLUSH < rows ? r0 + FLUSH : rows;
    std::fill(sum.begin(), sum.end(), 0.f);
    std::fill(dot.begin(), dot.end(), 0.f);
    for (long r = r0; r < r1; r += BLOCK) {
      int n = r1 - r < BLOCK ? r1 - r : BLOCK;
      for (int c = 0; c < C; c += 16) {
        __m512 s = _mm512_loadu_ps(&sum[c]), q = _mm512_loadu_ps(&dot[c]);
        __m512 k = _mm512_loadu_ps(&scale[c]), t = _mm512_loadu_ps(&shift[c]);
        const bf16 *p = x + r * C + c, *g = dy + r * C + c;
        for (int i = 0; i < n; i++, p += C, g += C) {
          __m512 v = load(p), d = live(load(g), _mm512_fmadd_ps(v, k, t), low, high);
          s = _mm512_add_ps(s, d);
          q = _mm512_fmadd_ps(d, v, q);
        }
        _mm512_storeu_ps(&sum[c], s);
        _mm512_storeu_ps(&dot[c], q);
      }
    }
    for (int c = 0; c < C; c++) { total[c] += sum[c]; total2[c] += dot[c]; }
  }
  // dx = scale (g - mean g - xhat mean(g xhat)) as scale g + a x + b
  const double count = (double)rows * C / channels;
  for (int c = channels; c < C; c++) total[c - channels] += total[c], total2[c - channels] += total2[c];
  for (int c = 0; c < channels; c++) {
    double ghat = (total2[c] - mean[c] * total[c]) * inverse[c];
    dbias[c] = total[c];
    dweight[c] = ghat;
    a[c] = -scale[c] * inverse[c] * ghat / count;
    b[c] = -scale[c] * total[c] / count - a[c] * mean[c];
  }
  for (int c = channels; c < C; c++) a[c] = a[c - channels], b[c] = b[c - channels];
  for (long r = 0; r < rows; r += BLOCK) {
    int n = rows - r < BLOCK ? rows - r : BLOCK;
    for (int c = 0; c < C; c += 16) {
      __m512 k = _mm512_loadu_ps(&scale[c]), t = _mm512_loadu_ps(&shift[c]);
      __m512 ka = _mm512_loadu_ps(&a[c]), kb = _mm512_loadu_ps(&b[c]);
      const bf16 *p = x + r * C + c, *g = dy + r * C + c;
      bf16* o = dx + r * C + c;
      for (int i = 0; i < n; i++, p += C, g += C, o += C) {
        __m512 v = load(p), d = live(load(g), _mm512_fmadd_ps(v, k, t), low, high);
        store(o, _mm512_fmadd_ps(d, k, _mm512_fmadd_ps(v, ka, kb)));
      }
    }
  }
}
}

// Weights are [K, K, C] floats. Output (oy, ox) reads input (oy s - top + ky, ox s - left + kx).
template <int K, int S>
static void forward(const bf16* x, const float* w, bf16* y, int N, int H, int W, int OH, int OW, int C,
                    int top, int left) {
  for (int n = 0; n < N; n++)
    for (int oy = 0; oy < OH; oy++) {
      int k0 = std::max(0, top - oy * S), k1 = std::min(K, H + top - oy * S);
      for (int c = 0; c < C; c += 16) {
        const bool m = C - c < 16;
        __m512 wk[K * K];
        for (int k = 0; k < K * K; k++) wk[k] = loadf(w + (long)k * C + c, m);
        const bf16* in = x + ((long)n * H + oy * S - top) * W * C + c;
        bf16* out = y + ((long)n * OH + oy) * OW * C + c;
        for (int ox = 0; ox < OW; ox++) {
          int x0 = ox * S - left;
          __m512 acc[K];
          for (int k = 0; k < K; k++) acc[k] = _mm512_setzero_ps();
          if (k0 == 0 && k1 == K && x0 >= 0 && x0 + K <= W) {
#pragma GCC unroll 5
            for (int ky = 0; ky < K; ky++)
#pragma GCC unroll 5
              for (int kx = 0; kx < K; kx++)
                acc[kx] = _mm512_fmadd_ps(load(in + ((long)ky * W + x0 + kx) * C, m), wk[ky * K + kx], acc[kx]);
          } else {
            for (int ky = k0; ky < k1; ky++)
              for (int kx = 0; kx < K; kx++)
                if (x0 + kx >= 0 && x0 + kx < W)
                  acc[0] = _mm512_fmadd_ps(load(in + ((long)ky * W + x0 + kx) * C, m),
                                           loadf(w + (long)(ky * K + kx) * C + c, m), acc[0]);
          }
          for (int k = 1; k < K; k++) acc[0] = _mm512_add_ps(acc[0], acc[k]);
          store(out + (long)ox * C, m, acc[0]);
        }
      }
    }
}

// Pixels of one row whose column parity is PX: dx[iy, ix] sums taps with (iy + top - ky) a multiple of S.
template <int K, int S, int PY, int PX>
static void backward_row(const bf16* g, const float* w, bf16* out, int qy, int W, int OH, int OW, int C, int c,
                         int left) {
  constexpr int KY = (K - PY + S - 1) / S, KX = (K - PX + S - 1) / S;
  const bool m = C - c < 16;
  __m512 wk[KY * KX];
  for (int a = 0; a < KY; a++)
    for (int b = 0; b < KX; b++) wk[a * KX + b] = loadf(w + (long)((PY + a * S) * K + PX + b * S) * C + c, m);
  bool inside = qy < OH && qy - (KY - 1) >= 0;
  int start = (PX - left) % S;
  if (start < 0) start += S;
  for (int ix = start; ix < W; ix += S) {
    int qx = (ix + left) / S;
    __m512 acc[KY];
#pragma GCC unroll 5
    for (int a = 0; a < KY; a++) acc[a] = _mm512_setzero_ps();
    if (inside && qx < OW && qx - (KX - 1) >= 0) {
      const bf16* q = g + ((long)qy * OW + qx) * C;
#pragma GCC unroll 5
      for (int a = 0; a < KY; a++)
#pragma GCC unroll 5
        for (int b = 0; b < KX; b++)
          acc[a] = _mm512_fmadd_ps(load(q - ((long)a * OW + b) * C, m), wk[a * KX + b], acc[a]);
    } else {
#pragma GCC unroll 5
      for (int a = 0; a < KY; a++)
#pragma GCC unroll 5
        for (int b = 0; b < KX; b++)
          if (qy - a >= 0 && qy - a < OH && qx - b >= 0 && qx - b < OW)
            acc[a] = _mm512_fmadd_ps(load(g + ((long)(qy - a) * OW + qx - b) * C, m), wk[a * KX + b], acc[a]);
    }
#pragma GCC unroll 5
    for (int a = 1; a < KY; a++) acc[0] = _mm512_add_ps(acc[0], acc[a]);
    store(out + (long)ix * C, m, acc[0]);
  }
}

template <int K, int S>
static void backward_input(const bf16* dy, const float* w, bf16* dx, int N, int H, int W, int OH, int OW,
                           int C, int top, int left) {
  for (int n = 0; n < N; n++)
    for (int iy = 0; iy < H; iy++)
      for (int c = 0; c < C; c += 16) {
        const bf16* g = dy + (long)n * OH * OW * C + c;
        bf16* out = dx + ((long)n * H + iy) * W * C + c;
        int qy = (iy + top) / S;
        if constexpr (S == 1) backward_row<K, 1, 0, 0>(g, w, out, qy, W, OH, OW, C, c, left);
        else if ((iy + top) % 2 == 0) {
          backward_row<K, 2, 0, 0>(g, w, out, qy, W, OH, OW, C, c, left);
          backward_row<K, 2, 0, 1>(g, w, out, qy, W, OH, OW, C, c, left);
        } else {
          backward_row<K, 2, 1, 0>(g, w, out, qy, W, OH, OW, C, c, left);
          backward_row<K, 2, 1, 1>(g, w, out, qy, W, OH, OW, C, c, left);
        }
      }
}

template <int K, int S>
static void backward_weight(const bf16* x, const bf16* dy, float* dw, int N, int H, int W, int OH, int OW,
                            int C, int top, int left) {
  std::memset(dw, 0, sizeof(float) * K * K * C);
  for (int n = 0; n < N; n++)
    for (int c = 0; c < C; c += 16) {
      const bool m = C - c < 16;
      __m512 acc[K * K];
      for (int k = 0; k < K * K; k++) acc[k] = loadf(dw + (long)k * C + c, m);
      for (int oy = 0; oy < OH; oy++) {
        const bf16* g = dy + ((long)n * OH + oy) * OW * C + c;
        const bf16* in = x + ((long)n * H + oy * S - top) * W * C + c;
        int k0 = std::max(0, top - oy * S), k1 = std::min(K, H + top - oy * S);
        int from = (left + S - 1) / S, to = (W - K + left) / S + 1;
        if (to > OW) to = OW;
        bool whole = k0 == 0 && k1 == K;
        for (int ox = 0; ox < OW; ox++) {
          __m512 d = load(g + (long)ox * C, m);
          int x0 = ox * S - left;
          if (whole && ox >= from && ox < to) {
#pragma GCC unroll 5
            for (int ky = 0; ky < K; ky++)
#pragma GCC unroll 5
              for (int kx = 0; kx < K; kx++)
                acc[ky * K + kx] = _mm512_fmadd_ps(load(in + ((long)ky * W + x0 + kx) * C, m), d, acc[ky * K + kx]);
          } else {
#pragma GCC unroll 5
            for (int ky = 0; ky < K; ky++)
#pragma GCC unroll 5
              for (int kx = 0; kx < K; kx++)
                if (ky >= k0 && ky < k1 && x0 + kx >= 0 && x0 + kx < W)
                  acc[ky * K + kx] = _mm512_fmadd_ps(load(in + ((long)ky * W + x0 + kx) * C, m), d, acc[ky * K + kx]);
          }
        }
      }
      for (int k = 0; k < K * K; k++) storef(dw + (long)k * C + c, m, acc[k]);
    }
}

#define EACH(F, ...)                                                                              \
  if (K == 3 && S == 1) F<3, 1>(__VA_ARGS__);                                                     \
  else if (K == 3) F<3, 2>(__VA_ARGS__);                                                          \
  else if (S == 1) F<5, 1>(__VA_ARGS__);                                                          \
  else F<5, 2>(__VA_ARGS__);

extern "C" {
void depthwise_forward(const bf16* x, const float* w, bf16* y, int N, int H, int W, int OH, int OW, int C,
                       int top, int left, int K, int S) {
  EACH(forward, x, w, y, N, H, W, OH, OW, C, top, left)
}
void depthwise_backward(const bf16* x, const float* w, const bf16* dy, bf16* dx, float* dw, int N, int H,
                        int W, int OH, int OW, int C, int top, int left, int K, int S) {
  EACH(backward_input, dy, w, dx, N, H, W, OH, OW, C, top, left)
  EACH(backward_weight, x, dy, dw, N, H, W, OH, OW, C, top, left)
}
}
