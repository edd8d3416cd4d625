import type { LayerSource } from './layer-source.js';

/**
 * The layers beside the files in clear text and the process's environment, in the order in which they are read. What reads one is
 * imported only once there is something to read: a stack without an encrypted file and without a provider loads none of it.
 */
export const layerSources: readonly LayerSource[] = [];
