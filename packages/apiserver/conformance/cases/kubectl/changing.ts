import type { Group } from '../../lib/case.ts';
import { kubectl, run } from '../../lib/kubectl.ts';
import { daemonSet, everything, job, pod, service, settings, statefulSet, web } from './manifests.ts';

/** An editor that replaces `red` by `green`, once. */
const editor = { 'edit.sh': '#!/bin/sh\nsed -i "$EDIT" "$1"\n' };
const status = (body: object) => `'${JSON.stringify({ status: body })}'`;

/** Changes of what is there. */
export const kubectlChanging: Group = {
  name: 'kubectl-changing',
  cases: [
    kubectl(
      'set',
      ['apply -f -', `${web}---\n${statefulSet}---\n${daemonSet}---\n${pod}`],
      ['set image deploy/web sts/db web=nginx:2 db=postgres:2'],
      ['set image deploy,ds *=all:3 --all'],
      ['set image pod/pod main=busybox:2'],
      ['set image cm/settings a=b'],
      ['set image deploy/none a=b'],
      ['set image deploy/web'],
      ['set env deploy/web A=b C=d'],
      ['set env deploy/web --list'],
      ['set env deploy/web A-'],
      ['set env deploy/web A=b A-'],
      ['create cm env --from-literal=k=v'],
      ['set env deploy/web --from=cm/env --prefix=P_'],
      ['set env deploy/web --from=cm/none'],
      ['set env deploy/web --list --resolve'],
      ['set resources deploy/web --limits=cpu=1,memory=1Gi --requests=cpu=500m'],
      ['set resources deploy/web --requests=cpu=2'],
      ['set resources deploy/web --limits=cpu=x'],
      ['set serviceaccount deploy/web robot'],
      ['set selector svc/none a=b'],
      ['create svc clusterip s --tcp=80'],
      ['set selector svc/s a=b'],
      ['set image deploy/web web=nginx:9 --dry-run=server'],
      ['set image deploy/web web=nginx:9 --local -o yaml -f -', web],
      ["get deploy web -o 'jsonpath={.spec.template.spec}'"],
      ["get pod pod -o 'jsonpath={.spec.containers[0].image} {.metadata.generation}'"],
    ),
    kubectl(
      'scale and autoscale',
      ['apply -f -', `${web}---\n${statefulSet}---\n${job}---\n${daemonSet}`],
      ['scale deploy/web sts/db --replicas=2'],
      ['scale deploy/web --replicas=2'],
      ['scale deploy/web --replicas=3 --current-replicas=2'],
      ['scale deploy/web --replicas=3 --current-replicas=2'],
      ['scale deploy/web --replicas=-1'],
      ['scale deploy/web --replicas=0 --resource-version=1'],
      ['scale deploy --all --replicas=0'],
      ['scale job/once --replicas=2'],
      ['scale ds/agent --replicas=2'],
      ['scale -f - --replicas=1', web],
      ['scale deploy/web --replicas=1 --dry-run=server'],
      ['scale rc/none --replicas=1'],
      ['get deploy web --subresource=scale'],
      ["get deploy web --subresource=scale -o 'jsonpath={.spec}{.status}'"],
      ['get sts db --subresource=status'],
      ['get cm settings --subresource=status'],
      ['autoscale deploy/web --min=1 --max=3 --cpu-percent=80'],
      ['autoscale deploy/web --min=1 --max=3 --cpu=80%'],
      ['autoscale deploy/web --min=4 --max=3'],
      ['autoscale deploy/web --max=0'],
      ['autoscale ds/agent --max=3'],
      ['autoscale sts/db --max=3 --name=h --memory=100Mi'],
      ['get hpa'],
      ['get hpa.v1.autoscaling h -o yaml'],
    ),
    kubectl(
      'label and annotate',
      ['apply -f -', everything],
      ['label deploy,svc --all tier=front'],
      ['label cm,secret -l app=web x=y'],
      ['label cm settings app=web'],
      ['label cm settings app=other'],
      ['label cm settings app=other --overwrite --resource-version=1'],
      ['label cm settings app=other --overwrite --dry-run=server'],
      ['label cm settings a'],
      ['label cm settings'],
      ['label cm settings a=b a-'],
      ['label cm settings a=b/c'],
      ['label cm settings -a=b'],
      ['label cm settings a/b/c=d'],
      [`label cm settings a=${'x'.repeat(64)}`],
      ['label cm none a=b'],
      ['label nothing x a=b'],
      ['label ns {ns} kubernetes.io/metadata.name=other --overwrite'],
      ['annotate cm settings note="two words"'],
      ['annotate cm settings note=other'],
      ['annotate cm settings note=other --overwrite'],
      ['annotate cm settings none-'],
      ['annotate cm settings note-'],
      ['annotate cm settings --list'],
      ['annotate cm settings bad key=x'],
      ['annotate cm settings a/b/c=x'],
      ['annotate deploy --all x=y'],
      ['annotate -f - x=z --overwrite', settings],
      ['get cm settings --show-labels'],
      ['get cm,deploy -L app,tier'],
    ),
    kubectl(
      'patch',
      ['apply -f -', `${web}---\n${service}---\n${settings}`],
      ['patch deploy web -p \'{"spec":{"template":{"spec":{"containers":[{"name":"web","image":"nginx:2"}]}}}}\''],
      ['patch deploy web -p \'{"spec":{"template":{"spec":{"containers":[{"name":"side","image":"side:1"}]}}}}\''],
      ["get deploy web -o 'jsonpath={.spec.template.spec.containers[*].name}'"],
      ['patch deploy web -p \'{"spec":{"template":{"spec":{"containers":[{"$patch":"delete","name":"side"}]}}}}\''],
      [
        'patch deploy web --type=merge -p \'{"spec":{"template":{"spec":{"containers":[{"name":"only","image":"o:1"}]}}}}\'',
      ],
      [
        'patch deploy web --type=json -p \'[{"op":"replace","path":"/spec/template/spec/containers/0/image","value":"j:1"}]\'',
      ],
      ['patch deploy web --type=json -p \'[{"op":"replace","path":"/spec/none/x","value":"j:1"}]\''],
      ['patch deploy web --type=json -p \'[{"op":"fly","path":"/spec"}]\''],
      ['patch deploy web --type=json -p \'{"op":"add"}\''],
      ['patch deploy web --type=merge -p \'{"spec":{"replicas":"many"}}\''],
      ['patch deploy web --type=merge -p \'{"spec":{"nothing":1}}\''],
      ['patch deploy web --type=merge -p \'{"metadata":{"name":"other"}}\''],
      ['patch deploy web --type=merge -p \'{"metadata":{"resourceVersion":"1"}}\''],
      ['patch deploy web --type=merge -p \'{"kind":"StatefulSet"}\''],
      ['patch deploy web -p nonsense'],
      ['patch deploy web -p \'{"spec":{"selector":{"matchLabels":{"a":"b"}}}}\''],
      ['patch deploy web -p \'{"metadata":{"labels":{"a":"b c"}}}\''],
      ['patch deploy web --type=strategic -p \'{"spec":{"strategy":{"$retainKeys":["type"],"type":"Recreate"}}}\''],
      ["get deploy web -o 'jsonpath={.spec.strategy}'"],
      ['patch deploy web --type=fly -p {}'],
      ['patch deploy web -p {}'],
      ['patch deploy none -p {}'],
      ['patch svc svc -p \'{"spec":{"ports":[{"port":81,"name":"more"}]}}\''],
      ['patch svc svc --type=merge -p \'{"spec":{"clusterIP":"10.96.0.77"}}\''],
      ['patch svc svc --type=merge -p \'{"spec":{"type":"NodePort"}}\''],
      ['patch cm settings -p \'{"data":{"color":"green"}}\' --dry-run=server'],
      ['patch cm settings -p \'{"data":{"color":"green"}}\' -o yaml'],
      ["patch cm settings --type=merge -p '{\"data\":null}' -o 'jsonpath={.data}'"],
      ['patch -f - -p \'{"data":{"x":"y"}}\'', settings],
      ['patch -f - --local --type=merge -p \'{"data":{"x":"y"}}\' -o yaml', settings],
    ),
    kubectl(
      'patch of subresources',
      ['apply -f -', `${web}---\n${job}---\n${pod}---\n${settings}`],
      [`patch deploy web --subresource=status --type=merge -p ${status({ replicas: 2, readyReplicas: 1 })}`],
      [`patch deploy web --subresource=status --type=merge -p ${status({ replicas: -2 })}`],
      [
        `patch deploy web --subresource=status --type=merge -p ${status({ conditions: [{ type: 'Available', status: 'True' }] })}`,
      ],
      ['patch deploy web --subresource=scale --type=merge -p \'{"spec":{"replicas":4}}\''],
      ['patch deploy web --subresource=scale --type=merge -p \'{"spec":{"replicas":-4}}\''],
      ['patch deploy web --subresource=none --type=merge -p \'{"spec":{"replicas":4}}\''],
      [`patch job once --subresource=status --type=merge -p ${status({ succeeded: 1 })}`],
      [
        `patch pod pod --subresource=status --type=merge -p ${status({ phase: 'Running', podIP: '10.0.0.1', conditions: [{ type: 'Ready', status: 'True' }] })}`,
      ],
      [`patch pod pod --subresource=status --type=merge -p ${status({ phase: 'Dreaming' })}`],
      [
        'patch pod pod --subresource=resize -p \'{"spec":{"containers":[{"name":"main","resources":{"requests":{"cpu":"200m"}}}]}}\'',
      ],
      ['patch cm settings --subresource=status --type=merge -p {}'],
      ['get deploy web'],
      ['get deploy web -o wide'],
      ['get pod pod'],
      ['get job once'],
      ["get deploy web -o 'jsonpath={.metadata.generation} {.status}'"],
    ),
    {
      name: 'edit with a program',
      async run(session) {
        session.files(editor);
        const edit = (args: string, change: string) =>
          run(session, args, '', (lines) => lines.filter((line) => !/\/tmp\//.test(line)), {
            KUBE_EDITOR: './edit.sh',
            EDIT: change,
          });
        await run(session, 'apply -f -', `${settings}---\n${web}`);
        await edit('edit cm settings', 's/red/green/');
        await edit('edit cm settings', 's/none/green/');
        await edit('edit cm settings --output-patch', 's/green/blue/');
        await edit('edit cm/settings deploy/web', 's/app: web/app: other/');
        await edit('edit deploy web', 's/replicas: 0/replicas: 1/');
        await edit('edit deploy web --subresource=status', 's/^status: {}/status: {replicas: 3}/');
        await edit('edit deploy web --subresource=scale', 's/replicas: 1/replicas: 2/');
        await edit('edit cm none', 's/a/b/');
        await edit('edit cm settings -o json', 's/"blue"/"red"/');
        await edit('edit cm settings --windows-line-endings', 's/"red"/"blue"/');
        await run(session, "get cm settings -o 'jsonpath={.data}'");
        await run(session, "get deploy web -o 'jsonpath={.spec.replicas} {.status}'");
      },
    },
    {
      name: 'replace',
      async run(session) {
        await run(session, 'create -f -', `${web}---\n${service}---\n${settings}`);
        await run(session, 'replace -f -', settings.replace('red', 'blue'));
        await run(session, 'replace -f -', service.replace('8080', '9090'));
        await run(session, 'replace -f -', web.replace('nginx:1', 'nginx:2'));
        await run(session, 'replace -f -', web.replaceAll('app: web}', 'app: other}'));
        await run(session, 'replace --force -f -', web.replaceAll('app: web}', 'app: other}'));
        await run(
          session,
          'replace -f -',
          web.replaceAll('app: web}', 'app: other}').replace('replicas: 0', 'replica: 0'),
        );
        await run(session, 'replace -f - --validate=ignore --dry-run=server', settings.replace('data:', 'datum:'));
        await run(
          session,
          'replace -f - --subresource=status',
          web.replaceAll('app: web}', 'app: other}').concat('status: {replicas: 1}\n'),
        );
        await run(session, 'replace -f -', settings.replace('name: settings', 'name: none'));
        await run(session, 'replace --force --cascade=orphan -f -', settings.replace('name: settings', 'name: none'));
        await run(session, 'replace -f - --save-config', settings);
        await run(session, "get deploy web -o 'jsonpath={.metadata.generation} {.status} {.spec.selector}'");
      },
    },
    kubectl(
      'rollout',
      ['apply -f -', `${web}---\n${statefulSet}---\n${daemonSet}`],
      ['rollout status deploy/web --timeout=1s'],
      ['rollout status sts/db --timeout=1s'],
      ['rollout status ds/agent --timeout=1s'],
      [`patch deploy web --subresource=status --type=merge -p ${status({ observedGeneration: 1 })}`],
      ['rollout status deploy/web --timeout=1s'],
      ['rollout history deploy/web'],
      ['rollout history sts/db'],
      ['rollout history ds/agent'],
      ['rollout history deploy/web --revision=3'],
      ['rollout undo deploy/web'],
      ['rollout undo deploy/web --to-revision=7'],
      ['rollout undo ds/agent'],
      ['rollout pause deploy/web'],
      ['rollout pause deploy/web'],
      ['rollout restart deploy/web'],
      ['rollout undo deploy/web'],
      ['rollout status deploy/web --timeout=1s'],
      ['rollout resume deploy/web'],
      ['rollout resume deploy/web'],
      ['rollout pause sts/db'],
      ['rollout restart sts/db ds/agent'],
      ['rollout restart cm/settings'],
      ['rollout restart deploy -l app=none'],
      ['rollout status deploy/none'],
    ),
  ],
};
