export default new URL('./nano.safetensors', import.meta.url);
