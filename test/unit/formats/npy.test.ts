import { describe, expect, it } from 'vitest';
import { decodeNpy, encodeNpy } from '../../../src/depth/formats/npy.js';

/** Files as numpy 2.4.6 `numpy.lib.format.write_array` wrote them. */
const NUMPY = {
  f32:
    'k05VTVBZAQB2AHsnZGVzY3InOiAnPGY0JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsIDMpLCB9ICAgICAg' +
    'ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAAAADAPwAAAMAAAFBAAACAf28Sgzo=',
  vector:
    'k05VTVBZAQB2AHsnZGVzY3InOiAnPGY0JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDMsKSwgfSAgICAgICAgICA' +
    'gICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAIA/AAAAQAAAQEA=',
  scalar:
    'k05VTVBZAQB2AHsnZGVzY3InOiAnPGY0JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKCksIH0gICAgICAgICAgICA' +
    'gICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAACBA',
  f64version2:
    'k05VTVBZAgB0AAAAeydkZXNjcic6ICc8ZjgnLCAnZm9ydHJhbl9vcmRlcic6IEZhbHNlLCAnc2hhcGUnOiAoMiwgMiksIH0gICAgICA' +
    'gICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAAAADwPwAAAAAAAABAAAAAAAAACEAYLURU+yEJQA==',
  fortran:
    'k05VTVBZAQB2AHsnZGVzY3InOiAnPGY0JywgJ2ZvcnRyYW5fb3JkZXInOiBUcnVlLCAnc2hhcGUnOiAoMiwgMyksIH0gICAgICAgICA' +
    'gICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAIA/AACAPwAAgD8AAIA/AACAPwAAgD8=',
  bigEndian:
    'k05VTVBZAQB2AHsnZGVzY3InOiAnPmY0JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsKSwgfSAgICAgICAgICA' +
    'gICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAo/gAAAP4AAAA==',
  structured:
    'k05VTVBZAQB2AHsnZGVzY3InOiBbKCdhJywgJzxmNCcpLCAoJ2InLCAnPGk0JyldLCAnZm9ydHJhbl9vcmRlcic6IEZhbHNlLCAnc2h' +
    'hcGUnOiAoMiwpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAIA/AQAAAAAAgD8BAAAA',
};

function bytes(name: keyof typeof NUMPY): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(Buffer.from(NUMPY[name], 'base64'));
}

/** `f32` with one piece of its header replaced by another of the same length. */
function edited(from: string, to: string): Uint8Array {
  const text = Buffer.from(NUMPY.f32, 'base64').toString('latin1');
  expect(text).toContain(from);
  return Uint8Array.from(Buffer.from(text.replace(from, to), 'latin1'));
}

const code = (wanted: string) => expect.objectContaining({ name: 'DepthFileError', code: wanted });

describe('encodeNpy', () => {
  it('writes the bytes numpy writes', () => {
    expect(encodeNpy(Float32Array.of(0, 1.5, -2, 3.25, Infinity, 1e-3), [2, 3])).toEqual(bytes('f32'));
    expect(encodeNpy(Float32Array.of(1, 2, 3), [3])).toEqual(bytes('vector'));
    expect(encodeNpy(Float32Array.of(2.5), [])).toEqual(bytes('scalar'));
  });

  it('writes a view without what lies around it', () => {
    const view = Float32Array.of(9, 1, 2, 3, 9).subarray(1, 4);
    expect(encodeNpy(view, [3])).toEqual(bytes('vector'));
  });

  it('refuses a shape that the values do not fill', () => {
    expect(() => encodeNpy(new Float32Array(5), [2, 3])).toThrow(code('NPY_SHAPE'));
  });
});

describe('decodeNpy', () => {
  it('reads f32 and f64, versions 1 and 2', () => {
    expect(decodeNpy(bytes('f32'))).toEqual({ shape: [2, 3], data: Float32Array.of(0, 1.5, -2, 3.25, Infinity, 1e-3) });
    expect(decodeNpy(bytes('f64version2'))).toEqual({ shape: [2, 2], data: Float64Array.of(1, 2, 3, Math.PI) });
    expect(decodeNpy(bytes('vector')).shape).toEqual([3]);
    expect(decodeNpy(bytes('scalar'))).toEqual({ shape: [], data: Float32Array.of(2.5) });
  });

  it('reads at any offset of a buffer', () => {
    const shifted = new Uint8Array(bytes('f32').length + 3);
    shifted.set(bytes('f32'), 3);
    expect(decodeNpy(shifted.subarray(3))).toEqual(decodeNpy(bytes('f32')));
    expect(decodeNpy(Buffer.from(NUMPY.f32, 'base64'))).toEqual(decodeNpy(bytes('f32')));
  });

  it('refuses orders and element types it would misread', () => {
    expect(() => decodeNpy(bytes('fortran'))).toThrow(code('NPY_ORDER'));
    expect(() => decodeNpy(bytes('bigEndian'))).toThrow(code('NPY_DTYPE'));
    expect(() => decodeNpy(bytes('structured'))).toThrow(code('NPY_DTYPE'));
  });

  it('refuses malformed headers', () => {
    expect(() => decodeNpy(edited('NUMPY\x01', 'NUMPY\x07'))).toThrow(code('NPY_VERSION'));
    expect(() => decodeNpy(edited('NUMPY', 'LUMPY'))).toThrow(code('NPY_MAGIC'));
    expect(() => decodeNpy(edited("'shape': (2, 3)", "'shape': (2,-3)"))).toThrow(code('NPY_SHAPE'));
    expect(() => decodeNpy(edited("'shape': (2, 3)", "'shapf': (2, 3)"))).toThrow(code('NPY_SHAPE'));
    expect(() => decodeNpy(edited('(2, 3), }             ', '(999999999,999999999)}'))).toThrow(code('NPY_SHAPE'));
    expect(() => decodeNpy(edited('fortran_order', 'fortran_ordel'))).toThrow(code('NPY_ORDER'));
  });

  it('names the file and both lengths when data is short or long', () => {
    const long = new Uint8Array([...bytes('f32'), 0]);
    expect(() => decodeNpy(long, 'in.npy')).toThrow(
      expect.objectContaining({ code: 'NPY_LENGTH', source: 'in.npy', expected: 24, actual: 25 }),
    );
    expect(() => decodeNpy(bytes('f32').subarray(0, -1), 'in.npy')).toThrow(
      /in\.npy: 23 bytes of data where the shape \[2,3\] of <f4 takes 24/,
    );
  });

  it('refuses every truncation', () => {
    for (const name of ['f32', 'f64version2'] as const) {
      const whole = bytes(name);
      for (let length = 0; length < whole.length; length++) {
        expect(() => decodeNpy(whole.subarray(0, length)), `${length} bytes`).toThrow(
          expect.objectContaining({ name: 'DepthFileError' }),
        );
      }
    }
  });
});
