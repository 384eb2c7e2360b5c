// Include. resampled(oy, ox): a pixel of what a picture [PH,PW] of 8-bit levels is resized to, as cv2.resize does on
// bytes: INTER_AREA, or INTER_CUBIC with a = -0.75. The main file has params with PH, PW, H and W, and level(y, x), a
// pixel in 0…255.
// Includes: resample.wgsl
const AREA: bool = true;

// How much of input pixel `at` output pixel `to` covers, in input pixels.
fn overlap(at: u32, to: u32, input: u32, output: u32) -> f32 {
  let covered = min((to + 1) * input, (at + 1) * output) - max(to * input, at * output);
  return f32(covered) / f32(output);
}

fn area(oy: u32, ox: u32) -> vec3f {
  var sum = vec3f(0);
  for (var iy = oy * params.PH / params.H; iy * params.H < (oy + 1) * params.PH; iy++) {
    var row = vec3f(0);
    for (var ix = ox * params.PW / params.W; ix * params.W < (ox + 1) * params.PW; ix++) {
      row += overlap(ix, ox, params.PW, params.W) * level(iy, ix);
    }
    sum += overlap(iy, oy, params.PH, params.H) * row;
  }
  let mean = sum / (f32(params.PH) / f32(params.H) * (f32(params.PW) / f32(params.W)));
  // halves go up where both sides are halved, and to the even level otherwise
  let halved = params.PH == 2 * params.H && params.PW == 2 * params.W;
  return select(round(mean), floor(mean + 0.5), halved);
}

fn bicubic(oy: u32, ox: u32) -> vec3f {
  let py = half_pixel(oy, params.PH, params.H);
  let px = half_pixel(ox, params.PW, params.W);
  let wy = cubic(py.fraction, -0.75);
  let wx = cubic(px.fraction, -0.75);
  var sum = vec3f(0);
  for (var j = 0; j < 4; j++) {
    let iy = u32(clamp(py.base + j - 1, 0, i32(params.PH) - 1));
    var row = vec3f(0);
    for (var i = 0; i < 4; i++) {
      row += wx[i] * level(iy, u32(clamp(px.base + i - 1, 0, i32(params.PW) - 1)));
    }
    sum += wy[j] * row;
  }
  return clamp(round(sum), vec3f(0), vec3f(255));
}

fn resampled(oy: u32, ox: u32) -> vec3f {
  if (AREA) { return area(oy, ox); }
  return bicubic(oy, ox);
}
