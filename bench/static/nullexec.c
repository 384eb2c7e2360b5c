// A Vulkan layer that lets a driver without hardware compile: RADV makes a device of any AMD chip that
// RADV_FORCE_FAMILY names, but with no memory types and no way to run anything. The layer gives it a memory type, makes
// all that would execute a no-op, and writes what the compiler says of each compute pipeline: its statistics and its
// assembly.
//
//   NULLEXEC_OUT   file that a line of JSON is appended to for each shader that is compiled:
//                  {"subgroup":64,"required":64,"statistics":{"VGPRs":80,…},"assembly":"BB0:\n…"}
//
// It serves one instance and one device, of a process that compiles one pipeline at a time: all state is global.
// Built by build.mjs; src/ and the package know nothing of it.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <vulkan/vk_layer.h>
#include <vulkan/vulkan.h>

// How many of a list of the driver are looked at; RADV has 1 executable, 15 statistics and 3 representations.
enum { MOST_EXECUTABLES = 4, MOST_STATISTICS = 64, MOST_REPRESENTATIONS = 8 };

static VkInstance instance;
static PFN_vkGetInstanceProcAddr next_instance_proc;
static PFN_vkGetDeviceProcAddr next_device_proc;
static PFN_vkGetPhysicalDeviceMemoryProperties next_memory_properties;
static PFN_vkGetPhysicalDeviceMemoryProperties2 next_memory_properties2;
static PFN_vkGetBufferMemoryRequirements next_buffer_requirements;
static PFN_vkGetBufferMemoryRequirements2 next_buffer_requirements2;
static PFN_vkCreateComputePipelines next_create_compute_pipelines;
static PFN_vkGetPipelineExecutablePropertiesKHR executable_properties;
static PFN_vkGetPipelineExecutableStatisticsKHR executable_statistics;
static PFN_vkGetPipelineExecutableInternalRepresentationsKHR executable_representations;

// ---- What the compiler says --------------------------------------------------------------------------------------

static void write_string(FILE *out, const char *text, size_t length) {
  fputc('"', out);
  for (size_t i = 0; i < length && text[i]; i++) {
    unsigned char c = (unsigned char)text[i];
    if (c == '"' || c == '\\') fprintf(out, "\\%c", c);
    else if (c == '\n') fputs("\\n", out);
    else if (c < 32 || c > 126) fprintf(out, "\\u%04x", c);
    else fputc(c, out);
  }
  fputc('"', out);
}

static void write_statistics(FILE *out, VkDevice device, const VkPipelineExecutableInfoKHR *which) {
  VkPipelineExecutableStatisticKHR found[MOST_STATISTICS];
  for (int i = 0; i < MOST_STATISTICS; i++)
    found[i] = (VkPipelineExecutableStatisticKHR){VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_STATISTIC_KHR};
  uint32_t count = MOST_STATISTICS;
  executable_statistics(device, which, &count, found);
  fputs("{", out);
  for (uint32_t i = 0; i < count; i++) {
    fputs(i ? "," : "", out);
    write_string(out, found[i].name, sizeof found[i].name);
    if (found[i].format == VK_PIPELINE_EXECUTABLE_STATISTIC_FORMAT_FLOAT64_KHR)
      fprintf(out, ":%g", found[i].value.f64);
    else
      fprintf(out, ":%llu", (unsigned long long)found[i].value.u64);
  }
  fputs("}", out);
}

// RADV gives NIR, ACO's own form and the assembly, in this order; a driver that gives one text gives that.
static void write_assembly(FILE *out, VkDevice device, const VkPipelineExecutableInfoKHR *which) {
  VkPipelineExecutableInternalRepresentationKHR found[MOST_REPRESENTATIONS];
  for (int i = 0; i < MOST_REPRESENTATIONS; i++)
    found[i] = (VkPipelineExecutableInternalRepresentationKHR){
        VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_INTERNAL_REPRESENTATION_KHR};
  uint32_t count = MOST_REPRESENTATIONS;
  executable_representations(device, which, &count, found);
  for (uint32_t i = 0; i < count; i++) found[i].pData = malloc(found[i].dataSize + 1);
  executable_representations(device, which, &count, found);
  if (count > 0 && found[count - 1].isText)
    write_string(out, found[count - 1].pData, found[count - 1].dataSize);
  else
    fputs("\"\"", out);
  for (uint32_t i = 0; i < count; i++) free(found[i].pData);
}

static void report(VkDevice device, VkPipeline pipeline, uint32_t required) {
  const char *path = getenv("NULLEXEC_OUT");
  FILE *out = path ? fopen(path, "a") : NULL;
  if (!out) return;
  VkPipelineInfoKHR of = {VK_STRUCTURE_TYPE_PIPELINE_INFO_KHR, NULL, pipeline};
  VkPipelineExecutablePropertiesKHR found[MOST_EXECUTABLES];
  for (int i = 0; i < MOST_EXECUTABLES; i++)
    found[i] = (VkPipelineExecutablePropertiesKHR){VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_PROPERTIES_KHR};
  uint32_t count = MOST_EXECUTABLES;
  executable_properties(device, &of, &count, found);
  for (uint32_t i = 0; i < count; i++) {
    VkPipelineExecutableInfoKHR which = {VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_INFO_KHR, NULL, pipeline, i};
    fprintf(out, "{\"subgroup\":%u,\"required\":%u,\"statistics\":", found[i].subgroupSize, required);
    write_statistics(out, device, &which);
    fputs(",\"assembly\":", out);
    write_assembly(out, device, &which);
    fputs("}\n", out);
  }
  fclose(out);
}

// The subgroup size that the application asks of the driver; 0 where it leaves it open.
static uint32_t required_subgroup(const VkComputePipelineCreateInfo *info) {
  for (const VkBaseInStructure *next = info->stage.pNext; next; next = next->pNext)
    if (next->sType == VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_REQUIRED_SUBGROUP_SIZE_CREATE_INFO)
      return ((const VkPipelineShaderStageRequiredSubgroupSizeCreateInfo *)next)->requiredSubgroupSize;
  return 0;
}

static VKAPI_ATTR VkResult VKAPI_CALL create_compute_pipelines(VkDevice device, VkPipelineCache cache, uint32_t count,
                                                               const VkComputePipelineCreateInfo *infos,
                                                               const VkAllocationCallbacks *allocator,
                                                               VkPipeline *pipelines) {
  VkComputePipelineCreateInfo *captured = calloc(count, sizeof *captured);
  for (uint32_t i = 0; i < count; i++) {
    captured[i] = infos[i];
    captured[i].flags |= VK_PIPELINE_CREATE_CAPTURE_STATISTICS_BIT_KHR |
                         VK_PIPELINE_CREATE_CAPTURE_INTERNAL_REPRESENTATIONS_BIT_KHR;
  }
  VkResult result = next_create_compute_pipelines(device, cache, count, captured, allocator, pipelines);
  free(captured);
  if (result == VK_SUCCESS)
    for (uint32_t i = 0; i < count; i++) report(device, pipelines[i], required_subgroup(&infos[i]));
  return result;
}

// ---- Memory that is not there ------------------------------------------------------------------------------------

static void give_memory(VkPhysicalDeviceMemoryProperties *properties) {
  const VkMemoryPropertyFlags all = VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT | VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT |
                                    VK_MEMORY_PROPERTY_HOST_COHERENT_BIT | VK_MEMORY_PROPERTY_HOST_CACHED_BIT;
  properties->memoryTypeCount = properties->memoryHeapCount = 1;
  properties->memoryTypes[0] = (VkMemoryType){all, 0};
  properties->memoryHeaps[0] = (VkMemoryHeap){16ull << 30, VK_MEMORY_HEAP_DEVICE_LOCAL_BIT};
}

static VKAPI_ATTR void VKAPI_CALL memory_properties(VkPhysicalDevice device, VkPhysicalDeviceMemoryProperties *found) {
  next_memory_properties(device, found);
  give_memory(found);
}

static VKAPI_ATTR void VKAPI_CALL memory_properties2(VkPhysicalDevice device,
                                                     VkPhysicalDeviceMemoryProperties2 *found) {
  next_memory_properties2(device, found);
  give_memory(&found->memoryProperties);
}

static VKAPI_ATTR void VKAPI_CALL buffer_requirements(VkDevice device, VkBuffer buffer, VkMemoryRequirements *found) {
  next_buffer_requirements(device, buffer, found);
  found->memoryTypeBits = 1;
}

static VKAPI_ATTR void VKAPI_CALL buffer_requirements2(VkDevice device, const VkBufferMemoryRequirementsInfo2 *of,
                                                       VkMemoryRequirements2 *found) {
  next_buffer_requirements2(device, of, found);
  found->memoryRequirements.memoryTypeBits = 1;
}

// ---- Work that is not done ---------------------------------------------------------------------------------------

// Stand for functions of any parameters: by the calling conventions of x86-64 and arm64 a callee may ignore them.
static VkResult succeed(void) { return VK_SUCCESS; }
static void do_nothing(void) {}

static VKAPI_ATTR VkResult VKAPI_CALL query_results(VkDevice device, VkQueryPool pool, uint32_t first, uint32_t count,
                                                    size_t size, void *data, VkDeviceSize stride,
                                                    VkQueryResultFlags flags) {
  memset(data, 0, size);
  return VK_SUCCESS;
}

static VKAPI_ATTR VkResult VKAPI_CALL counter_value(VkDevice device, VkSemaphore semaphore, uint64_t *value) {
  *value = UINT64_MAX / 2; // all that was ever waited for has happened
  return VK_SUCCESS;
}

static const char *const SUCCEED[] = {
    "vkBeginCommandBuffer", "vkEndCommandBuffer", "vkResetCommandBuffer", "vkResetCommandPool", "vkQueueSubmit",
    "vkQueueSubmit2",       "vkQueueSubmit2KHR",  "vkQueueWaitIdle",      "vkDeviceWaitIdle",   "vkWaitForFences",
    "vkGetFenceStatus",     "vkResetFences",      "vkWaitSemaphores",     "vkWaitSemaphoresKHR", "vkQueueBindSparse",
};

// ---- Instance and device -----------------------------------------------------------------------------------------

static VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL device_proc(VkDevice device, const char *name);

static VKAPI_ATTR VkResult VKAPI_CALL create_instance(const VkInstanceCreateInfo *info,
                                                      const VkAllocationCallbacks *allocator, VkInstance *made) {
  VkLayerInstanceCreateInfo *link = (VkLayerInstanceCreateInfo *)info->pNext;
  while (link->sType != VK_STRUCTURE_TYPE_LOADER_INSTANCE_CREATE_INFO || link->function != VK_LAYER_LINK_INFO)
    link = (VkLayerInstanceCreateInfo *)link->pNext;
  next_instance_proc = link->u.pLayerInfo->pfnNextGetInstanceProcAddr;
  link->u.pLayerInfo = link->u.pLayerInfo->pNext;
  PFN_vkCreateInstance create = (PFN_vkCreateInstance)next_instance_proc(NULL, "vkCreateInstance");
  VkResult result = create(info, allocator, made);
  if (result != VK_SUCCESS) return result;
  instance = *made;
  next_memory_properties = (PFN_vkGetPhysicalDeviceMemoryProperties)next_instance_proc(
      instance, "vkGetPhysicalDeviceMemoryProperties");
  next_memory_properties2 = (PFN_vkGetPhysicalDeviceMemoryProperties2)next_instance_proc(
      instance, "vkGetPhysicalDeviceMemoryProperties2");
  return VK_SUCCESS;
}

static void load_device(VkDevice device) {
  next_create_compute_pipelines = (PFN_vkCreateComputePipelines)next_device_proc(device, "vkCreateComputePipelines");
  next_buffer_requirements =
      (PFN_vkGetBufferMemoryRequirements)next_device_proc(device, "vkGetBufferMemoryRequirements");
  next_buffer_requirements2 =
      (PFN_vkGetBufferMemoryRequirements2)next_device_proc(device, "vkGetBufferMemoryRequirements2");
  executable_properties = (PFN_vkGetPipelineExecutablePropertiesKHR)next_device_proc(
      device, "vkGetPipelineExecutablePropertiesKHR");
  executable_statistics = (PFN_vkGetPipelineExecutableStatisticsKHR)next_device_proc(
      device, "vkGetPipelineExecutableStatisticsKHR");
  executable_representations = (PFN_vkGetPipelineExecutableInternalRepresentationsKHR)next_device_proc(
      device, "vkGetPipelineExecutableInternalRepresentationsKHR");
}

// The application's device, with the extension that tells of pipelines.
static VKAPI_ATTR VkResult VKAPI_CALL create_device(VkPhysicalDevice physical, const VkDeviceCreateInfo *info,
                                                    const VkAllocationCallbacks *allocator, VkDevice *made) {
  VkLayerDeviceCreateInfo *link = (VkLayerDeviceCreateInfo *)info->pNext;
  while (link->sType != VK_STRUCTURE_TYPE_LOADER_DEVICE_CREATE_INFO || link->function != VK_LAYER_LINK_INFO)
    link = (VkLayerDeviceCreateInfo *)link->pNext;
  PFN_vkGetInstanceProcAddr instance_proc = link->u.pLayerInfo->pfnNextGetInstanceProcAddr;
  next_device_proc = link->u.pLayerInfo->pfnNextGetDeviceProcAddr;
  link->u.pLayerInfo = link->u.pLayerInfo->pNext;

  uint32_t count = info->enabledExtensionCount;
  const char **extensions = malloc((count + 1) * sizeof *extensions);
  memcpy(extensions, info->ppEnabledExtensionNames, count * sizeof *extensions);
  extensions[count] = VK_KHR_PIPELINE_EXECUTABLE_PROPERTIES_EXTENSION_NAME;
  VkPhysicalDevicePipelineExecutablePropertiesFeaturesKHR told = {
      VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PIPELINE_EXECUTABLE_PROPERTIES_FEATURES_KHR, (void *)info->pNext, VK_TRUE};
  VkDeviceCreateInfo with = *info;
  with.pNext = &told;
  with.enabledExtensionCount = count + 1;
  with.ppEnabledExtensionNames = extensions;
  VkResult result = ((PFN_vkCreateDevice)instance_proc(instance, "vkCreateDevice"))(physical, &with, allocator, made);
  free(extensions);
  if (result == VK_SUCCESS) load_device(*made);
  return result;
}

// ---- Names -------------------------------------------------------------------------------------------------------

static const struct {
  const char *name;
  PFN_vkVoidFunction function;
} OWN[] = {
    {"vkCreateInstance", (PFN_vkVoidFunction)create_instance},
    {"vkCreateDevice", (PFN_vkVoidFunction)create_device},
    {"vkGetDeviceProcAddr", (PFN_vkVoidFunction)device_proc},
    {"vkCreateComputePipelines", (PFN_vkVoidFunction)create_compute_pipelines},
    {"vkGetPhysicalDeviceMemoryProperties", (PFN_vkVoidFunction)memory_properties},
    {"vkGetPhysicalDeviceMemoryProperties2", (PFN_vkVoidFunction)memory_properties2},
    {"vkGetPhysicalDeviceMemoryProperties2KHR", (PFN_vkVoidFunction)memory_properties2},
    {"vkGetBufferMemoryRequirements", (PFN_vkVoidFunction)buffer_requirements},
    {"vkGetBufferMemoryRequirements2", (PFN_vkVoidFunction)buffer_requirements2},
    {"vkGetBufferMemoryRequirements2KHR", (PFN_vkVoidFunction)buffer_requirements2},
    {"vkGetQueryPoolResults", (PFN_vkVoidFunction)query_results},
    {"vkGetSemaphoreCounterValue", (PFN_vkVoidFunction)counter_value},
    {"vkGetSemaphoreCounterValueKHR", (PFN_vkVoidFunction)counter_value},
};

static PFN_vkVoidFunction own(const char *name) {
  for (size_t i = 0; i < sizeof OWN / sizeof *OWN; i++)
    if (!strcmp(name, OWN[i].name)) return OWN[i].function;
  if (!strncmp(name, "vkCmd", 5)) return (PFN_vkVoidFunction)do_nothing;
  for (size_t i = 0; i < sizeof SUCCEED / sizeof *SUCCEED; i++)
    if (!strcmp(name, SUCCEED[i])) return (PFN_vkVoidFunction)succeed;
  return NULL;
}

static VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL device_proc(VkDevice device, const char *name) {
  PFN_vkVoidFunction next = next_device_proc ? next_device_proc(device, name) : NULL;
  PFN_vkVoidFunction mine = next ? own(name) : NULL;
  return mine ? mine : next;
}

VK_LAYER_EXPORT VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL vkGetDeviceProcAddr(VkDevice device, const char *name) {
  return device_proc(device, name);
}

VK_LAYER_EXPORT VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL vkGetInstanceProcAddr(VkInstance of, const char *name) {
  if (!strcmp(name, "vkGetInstanceProcAddr")) return (PFN_vkVoidFunction)vkGetInstanceProcAddr;
  PFN_vkVoidFunction mine = own(name);
  return mine ? mine : next_instance_proc ? next_instance_proc(of, name) : NULL;
}
