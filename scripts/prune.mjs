#!/usr/bin/env zx
import { main } from '../dist/cli/main.js';

await main('prune');
