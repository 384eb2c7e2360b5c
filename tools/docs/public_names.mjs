import { Converter, ReflectionKind } from 'typedoc';

/** What users import each entry as. */
const ENTRIES = {
  index: 'depthwise',
  eval: 'depthwise/eval',
  views: 'depthwise/views',
  heif: 'depthwise/heif',
  worker: 'depthwise/worker',
  node: 'depthwise/node',
};

/**
 * Names modules as users do, and leaves out what an error class has from its base: every error is a DepthwiseError,
 * which is described once.
 */
export function load(app) {
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const entry of project.children) entry.name = ENTRIES[entry.name];
    for (const member of project.getReflectionsByKind(ReflectionKind.ClassMember)) {
      const { inheritedFrom, overwrites, parent, name } = member;
      const ofBase = parent.extendedTypes && (name === 'constructor' || name === 'phase');
      if (inheritedFrom || overwrites || ofBase) project.removeReflection(member);
    }
  });
}
