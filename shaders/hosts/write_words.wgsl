// input[2P], input[2P+1] = two words that the command itself carries, P being the number of workgroups less one: each
// of the eight bindings is an entry of a table of all bytes, which its dynamic offset chooses.
@group(0) @binding(0) var<uniform> byte0: u32;
@group(0) @binding(1) var<uniform> byte1: u32;
@group(0) @binding(2) var<uniform> byte2: u32;
@group(0) @binding(3) var<uniform> byte3: u32;
@group(0) @binding(4) var<uniform> byte4: u32;
@group(0) @binding(5) var<uniform> byte5: u32;
@group(0) @binding(6) var<uniform> byte6: u32;
@group(0) @binding(7) var<uniform> byte7: u32;
@group(0) @binding(8) var<storage, read_write> input: array<u32>;

@compute @workgroup_size(1)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u) {
  if (group.x > 0) { return; }
  let at = 2 * (groups.x - 1);
  input[at] = byte0 | (byte1 << 8) | (byte2 << 16) | (byte3 << 24);
  input[at + 1] = byte4 | (byte5 << 8) | (byte6 << 16) | (byte7 << 24);
}
